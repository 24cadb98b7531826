/** A certificate that nobody has signed but itself, made on the spot: no key lies in the repository and none expires. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

/** A certificate for 127.0.0.1 and localhost. */
export function makeCertificate(): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = certificate(publicKey, privateKey).toString('base64');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

// The structure is RFC 5280, section 4.1; the numbers of the types are those of ASN.1 in DER.
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;

const COMMON_NAME = [0x55, 0x04, 0x03];
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS = [0x55, 0x1d, 0x13];
const ECDSA_WITH_SHA256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

function certificate(publicKey: KeyObject, privateKey: KeyObject): Buffer {
  const algorithm = value(SEQUENCE, value(OBJECT_ID, ECDSA_WITH_SHA256));
  const name = value(
    SEQUENCE,
    value(SET, value(SEQUENCE, value(OBJECT_ID, COMMON_NAME), value(UTF8_STRING, Buffer.from('localhost')))),
  );
  const day = 86_400_000;
  const validity = value(SEQUENCE, utcTime(Date.now() - day), utcTime(Date.now() + day));
  const names = value(SEQUENCE, value(0x82, Buffer.from('localhost')), value(0x87, [127, 0, 0, 1]));
  const isAuthority = value(SEQUENCE, value(0x01, [0xff]));
  const extensions = value(
    0xa3,
    value(SEQUENCE, extension(SUBJECT_ALT_NAME, names), extension(BASIC_CONSTRAINTS, isAuthority)),
  );
  const signed = value(
    SEQUENCE,
    value(0xa0, value(INTEGER, [2])),
    value(INTEGER, [1]),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions,
  );
  const signature = sign('sha256', signed, privateKey);
  return value(SEQUENCE, signed, algorithm, value(BIT_STRING, [0], signature));
}

const extension = (id: readonly number[], content: Buffer): Buffer =>
  value(SEQUENCE, value(OBJECT_ID, id), value(OCTET_STRING, content));

const utcTime = (epochMs: number): Buffer =>
  value(UTC_TIME, Buffer.from(`${new Date(epochMs).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));

/** Type, length, content. */
function value(type: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([type, ...length]), content]);
}
