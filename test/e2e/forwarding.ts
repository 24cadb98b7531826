/** Ways to an emulator: a port that passes everything on, with TLS or without. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface Forwarding extends AsyncDisposable {
  readonly port: number;
  /** `https://127.0.0.1:PORT`, or `http:` without a certificate. */
  readonly url: string;
}

/** Passes connections on to the emulator at `url`. With a certificate it ends TLS before. */
export async function forwardTo(
  url: string,
  { port = 0, certificate }: { port?: number; certificate?: Certificate } = {},
): Promise<Forwarding> {
  const target = Number(new URL(url).port);
  const open = new Set<Socket>();
  const accept = (incoming: Socket): void => {
    const outgoing = connect(target, '127.0.0.1');
    for (const socket of [incoming, outgoing]) {
      open.add(socket);
      socket.once('close', () => {
        open.delete(socket);
        incoming.destroy();
        outgoing.destroy();
      });
      socket.on('error', () => undefined);
    }
    incoming.pipe(outgoing).pipe(incoming);
  };
  const server: Server =
    certificate === undefined ? createServer(accept) : createTlsServer({ ...certificate }, accept);
  server.on('tlsClientError', () => undefined);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${bound}`,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Below the ports that systems give to servers which ask for any, and apart for each process of the tests. */
let nextPort = 20_000 + 20 * (process.pid % 500);

/** A port at which nobody listens, and none of the other servers of the tests will. */
export async function freePort(): Promise<number> {
  for (;;) {
    nextPort += 1;
    const port = nextPort;
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
