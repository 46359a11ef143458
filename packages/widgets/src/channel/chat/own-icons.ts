/** Icons of conversations, as those that all elements share. */
export const pinIcon = 'M12 15.5V21M7 15.5h10l-2-4V4.5H9v7l-2 4Z'
export const topicsIcon = 'M4 6.5h9M4 11.5h16M4 16.5h12'
