/** The English of a channel that shows a page. */
export const words = {
  loadAgain: 'Load again',
  openInTab: 'Open in a new tab',
  skip: 'Skip {name}',
  permissions: { one: '{count} permission', other: '{count} permissions' },
  mayKnow: 'Knows who you are',
  mayDraft: 'Suggests what you could say',
  mayHear: 'Hears that something happens here',
  mayLead: 'Opens links, if you agree',
  mayCopy: 'Copies text',
  mayDownload: 'Gives you files',
  mayFill: 'Fills the screen',
  mayCamera: 'Camera',
  mayMicrophone: 'Microphone',
  mayLocation: 'Your location',
  mayCapture: 'Your screen',
  gone: '{name} cannot be shown',
}
