/** How many parts a long reduction is divided into. It doesn't depend on the number of threads. */
export const PARTS = 32;
