/** How many parts a long reduction is cut into, whatever the number of threads. */
export const PARTS = 32;
