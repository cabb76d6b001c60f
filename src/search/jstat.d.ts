/** As much of jstat as is used; the package has no types of its own. */
declare module 'jstat' {
  const jstat: {
    readonly studentt: {
      /** Quantile of Student's t distribution. */
      inv(probability: number, degreesOfFreedom: number): number;
    };
  };
  // eslint-disable-next-line no-restricted-exports -- jstat is a CommonJS module
  export default jstat;
}
