declare module '@vercel/ncc' {
  interface Options {
    cache?: boolean;
    sourceMap?: boolean;
    sourceMapRegister?: boolean;
    target?: string;
    transpileOnly?: boolean;
    quiet?: boolean;
  }
  interface Built {
    code: string;
    /** JSON. */
    map: string;
    assets: Record<string, { source: string | Buffer }>;
  }
  export default function ncc(entry: string, options: Options): Promise<Built>;
}
