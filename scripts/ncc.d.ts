declare module '@vercel/ncc' {
  interface Options {
    cache?: boolean;
    license?: string;
    target?: string;
    transpileOnly?: boolean;
    quiet?: boolean;
  }
  interface Built {
    code: string;
    assets: Record<string, { source: string | Buffer }>;
  }
  export default function ncc(entry: string, options: Options): Promise<Built>;
}
