/** Failures of a connection: DNS, TLS, a proxy, a reset, a body that ended early, nothing for too long. */

/** One way in which a connection fails, and what follows from it. */
interface ConnectionFault {
  readonly matches: (cause: RootCause) => boolean;
  /** `briefly`: most likely the address is wrong. */
  readonly retry: 'never' | 'briefly' | 'always';
  /** A sentence. */
  readonly advice: string;
}

/** A name that does not resolve, a port at which nobody listens, and one that does not speak TLS. */
const WRONG_ADDRESS_CODES = ['ENOTFOUND', 'ECONNREFUSED', 'ERR_SSL_WRONG_VERSION_NUMBER'];
/** `fetch` does not ask some ports, 9 and 6000 for instance (fetch.spec.whatwg.org, "port blocking"). */
const BLOCKED_PORT = 'bad port';
const UNREACHABLE_ADVICE =
  'Check that this machine can reach it (a proxy is taken from HTTPS_PROXY or HTTP_PROXY), and api-url if it is set.';

/** undici's own message for a proxy that wants another user or password. */
const PROXY_REFUSES: ConnectionFault = {
  matches: ({ message }) => /\bproxy\b.*\b407\b/i.test(message),
  retry: 'never',
  advice: 'The proxy refuses: check the user and the password in HTTPS_PROXY or HTTP_PROXY.',
};

/** Faults before any of a request is sent, at a name, a connection, TLS or a proxy in between. The first that matches counts. */
const EARLY_FAULTS: readonly ConnectionFault[] = [
  PROXY_REFUSES,
  {
    // undici's message for a proxy that refuses a tunnel to an address: many allow only the port of https.
    matches: ({ message }) => /^Proxy response \((?!408|429)4\d\d\)/.test(message),
    retry: 'briefly',
    advice:
      'The proxy does not let us through: check api-url (many proxies allow https only), or name the host in NO_PROXY.',
  },
  {
    matches: ({ code }) =>
      /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER)/.test(
        code,
      ),
    retry: 'never',
    advice:
      "The server's certificate is not trusted: check api-url, or set NODE_EXTRA_CA_CERTS on a self-hosted runner.",
  },
  {
    matches: ({ code, message }) => WRONG_ADDRESS_CODES.includes(code) || message === BLOCKED_PORT,
    retry: 'briefly',
    advice: UNREACHABLE_ADVICE,
  },
  {
    matches: ({ code, message, call }) =>
      ['connect', 'getaddrinfo'].includes(call) ||
      code === 'UND_ERR_CONNECT_TIMEOUT' ||
      /^ERR_SSL_.*(PROTOCOL|HANDSHAKE_FAILURE|UNRECOGNIZED_NAME)/.test(code) ||
      /before secure TLS connection|^Proxy response \(/.test(message),
    retry: 'always',
    advice: UNREACHABLE_ADVICE,
  },
];

/** The connection broke at a moment that nobody knows. */
const BROKEN: ConnectionFault = {
  matches: () => true,
  retry: 'always',
  advice: UNREACHABLE_ADVICE,
};

const faultOf = (cause: RootCause): ConnectionFault =>
  EARLY_FAULTS.find(({ matches }) => matches(cause)) ?? BROKEN;

/** Advice about a proxy that answers 407, as a sentence. */
export const PROXY_ADVICE = PROXY_REFUSES.advice;

/** The connection failed. The message is of Node.js, OpenSSL or undici. */
export class ConnectionError extends Error {
  override name = 'ConnectionError';
  readonly retry: ConnectionFault['retry'];
  /** Advice: a sentence. */
  readonly advice: string;
  /** True if there certainly never was a connection over which a request could have gone, to any of the addresses. */
  readonly neverConnected: boolean;

  constructor(cause: unknown) {
    const root = rootCause(cause);
    const { code, message } = root;
    // undici's own codes say less than its messages.
    super(code === '' || code.startsWith('UND_ERR_') ? message : code, { cause });
    const { retry, advice } = faultOf(root);
    this.retry = retry;
    this.advice = advice;
    this.neverConnected = rootCauses(cause).every((part) => faultOf(part) !== BROKEN);
  }
}

/** There was no whole answer in time. */
export class TryTimeout extends ConnectionError {
  override name = 'TryTimeout';
  constructor(ms: number) {
    super(`no answer within ${Math.round(ms / 100) / 10} s`);
  }
}

/** The innermost error of a request that failed: "connect ECONNREFUSED 127.0.0.1:443". */
interface RootCause {
  /** Of Node.js, OpenSSL or undici; empty where there is none. */
  readonly code: string;
  readonly message: string;
  /** The system call that failed: "connect", "read"; empty where there is none. */
  readonly call: string;
}

/** The root cause that says most: of several addresses that failed, one that is most likely wrong. */
export function rootCause(error: unknown): RootCause {
  const [first, ...others] = rootCauses(error);
  return [first, ...others].find(({ code }) => WRONG_ADDRESS_CODES.includes(code)) ?? first;
}

/** One for each address that a name resolves to; otherwise one. */
function rootCauses(error: unknown): [RootCause, ...RootCause[]] {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  if (current instanceof AggregateError) {
    const [first, ...others] = current.errors.flatMap((part) => rootCauses(part));
    if (first !== undefined) return [first, ...others];
  }
  if (!(current instanceof Error)) return [{ code: '', message: String(current), call: '' }];
  const { message, code, syscall } = current as NodeJS.ErrnoException;
  return [
    {
      code: typeof code === 'string' ? code : '',
      // What `fetch` refuses without a word, a 407 without a proxy for instance, has an empty message.
      message: message || (error instanceof Error ? error.message : ''),
      call: syscall ?? '',
    },
  ];
}
