// Prevents names of one machine in the project: its folders, its mirrors. They work here and nowhere else.
import { type Check, files, search } from './check.js'

export const places: Check = {
  title: 'no machine names',
  run: async () =>
    search(
      (await files(/\.(ts|js|json|html|css|md|sql|sh|yaml|yml)$|(^|\/)\.[^/]+$|^\.ci\//)).filter(
        (path) => path !== 'test/checks/places.ts',
      ),
      [
        [/(?<![\w.@-])\/(work|root|tmp|home|Users)\/\w/, 'a path of one machine'],
        [/\bregistry\.[a-z]+\.|\bresolved\b.*https?:|\btarball: http/, 'a registry of one network'],
      ],
    ),
}
