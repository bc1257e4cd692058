/** For reading: nobody stops it. */
export const NEVER_STOPS: AbortSignal = new AbortController().signal;
