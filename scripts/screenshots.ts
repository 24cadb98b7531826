/**
 * Takes the pictures of the README: what `npm run demo` wrote to `demo-output/`, light and dark, by headless Chromium.
 * Run it after the demo: `npm run demo && npm run screenshots`
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { renderGitHubPage } from './github-page.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const images = join(root, 'docs/images');

/** The picture's name and the page of the demo that it shows. */
const PICTURES = {
  comment: 'retell-third-push-comment',
  summary: 'bland-summary',
  jobs: 'three-agents-comment',
};
const THEMES = ['light', 'dark'] as const;

/** Pixels of a page; pixels of the picture for each of them. */
const WIDTH = 880;
const SCALE = 1.5;

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
if (!existsSync(chromium)) {
  stop(
    `There is no Chromium at ${chromium}. Install it ("apt-get install chromium" on Debian), or set CHROMIUM to its path.`,
  );
}
for (const page of Object.values(PICTURES)) {
  if (!existsSync(join(root, 'demo-output', `${page}.md`)))
    stop('There is nothing to show yet: run "npm run demo" first.');
}

const folder = await mkdtemp(join(tmpdir(), 'agent-test-gate-screenshots-'));
const browser = await startBrowser(folder);
try {
  await mkdir(images, { recursive: true });
  for (const [name, page] of Object.entries(PICTURES)) {
    const markdown = await readFile(join(root, 'demo-output', `${page}.md`), 'utf8');
    for (const theme of THEMES) {
      const html = join(folder, `${name}-${theme}.html`);
      await writeFile(html, await renderGitHubPage({ title: name, markdown, theme }));
      const png = squeeze(await browser.photograph(pathToFileURL(html).href));
      await writeFile(join(images, `${name}-${theme}.png`), png);
      console.log(`docs/images/${name}-${theme}.png: ${Math.round(png.length / 1024)} KiB`);
    }
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

interface Browser {
  /** A PNG of the whole page. */
  photograph(url: string): Promise<Buffer>;
  close(): Promise<void>;
}

/** Chromium, told what to do through its DevTools protocol: only that gives a picture as tall as the page. */
async function startBrowser(profile: string): Promise<Browser> {
  const child = spawn(
    chromium,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--hide-scrollbars',
      '--remote-debugging-port=0',
      `--user-data-dir=${join(profile, 'profile')}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise((done) => child.once('close', done));
  const { send, disconnect } = await connect(await addressOf(child));
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const ask = (method: string, params: object = {}) => send(method, params, String(sessionId));
  await ask('Emulation.setDeviceMetricsOverride', {
    width: WIDTH,
    height: 600,
    deviceScaleFactor: SCALE,
    mobile: false,
  });

  return {
    async photograph(url) {
      await ask('Page.navigate', { url });
      const expression = `new Promise((done) => {
        const height = () => done(document.documentElement.getBoundingClientRect().height);
        document.readyState === 'complete' ? height() : addEventListener('load', height);
      })`;
      const { result } = await ask('Runtime.evaluate', { expression, awaitPromise: true });
      const { value: height } = result as { value: number };
      const clip = { x: 0, y: 0, width: WIDTH, height: Math.floor(height), scale: 1 };
      const { data } = await ask('Page.captureScreenshot', {
        format: 'png',
        captureBeyondViewport: true,
        clip,
      });
      return Buffer.from(String(data), 'base64');
    },
    async close() {
      disconnect();
      child.kill();
      await ended;
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  if (child.stderr !== null) {
    for await (const line of createInterface({ input: child.stderr })) {
      const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) return address;
      lines.push(line);
    }
  }
  return stop(`Chromium ended at once:\n${lines.join('\n')}`);
}

type Answer = Record<string, unknown>;

async function connect(address: string) {
  const socket = new WebSocket(address);
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let sent = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data)) as {
      id?: number;
      result?: Answer;
      error?: { message: string };
    };
    const asked = waiting.get(id ?? 0);
    if (error !== undefined) asked?.reject(new Error(`Chromium says: ${error.message}`));
    else asked?.resolve(result ?? {});
  });
  await new Promise((done, failed) => {
    socket.addEventListener('open', done);
    socket.addEventListener('error', () => failed(new Error(`Chromium does not answer at ${address}.`)));
  });
  return {
    disconnect: () => socket.close(),
    send: (method: string, params: object, sessionId?: string) =>
      new Promise<Answer>((resolve, reject) => {
        sent += 1;
        waiting.set(sent, { resolve, reject });
        socket.send(
          JSON.stringify({ id: sent, method, params, ...(sessionId === undefined ? {} : { sessionId }) }),
        );
      }),
  };
}

/** A third of the size by a palette, where `pngquant` is installed; otherwise as it is. */
function squeeze(png: Buffer): Buffer {
  const { status, stdout } = spawnSync('pngquant', ['--strip', '--quality', '60-95', '--speed', '1', '-'], {
    input: png,
    maxBuffer: 2 * png.length,
  });
  return status === 0 ? stdout : png;
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
