/** For the configurations that are TypeScript. */
export declare function findOrInstall(...ids: string[]): string[]
