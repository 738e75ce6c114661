/** Shared with the console, therefore free of the sign-in library. */
export const minPasswordLength = 10;
