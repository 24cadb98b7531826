/**
 * How many answers the emulators of this process hold back just now and will never send. A virtual clock must go on for
 * these, and for no others.
 */
export const stalled = { count: 0 };
