declare global {
  /** Filled in by vitest. */
  interface ImportMeta {
    readonly env: { readonly MODE: string };
  }
}

/** How many cases a property is tried with: so many, or 20 times as many with `npm run test:thorough`. */
export const cases = (usual: number): number => (import.meta.env.MODE === 'thorough' ? 20 * usual : usual);
