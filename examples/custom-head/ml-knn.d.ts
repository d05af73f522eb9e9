/** ml-knn has no types. */
declare module 'ml-knn' {
  export default class KNN {
    constructor(rows: readonly number[][], labels: readonly number[], options?: { readonly k?: number });
    static load(model: object): KNN;
    predict(rows: readonly number[][]): number[];
    toJSON(): object;
  }
}
