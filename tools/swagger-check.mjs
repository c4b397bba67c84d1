// Does in Swagger UI what an administrator does on their first day: signs in, authorizes, lists the events. With a copy
// of the API of its own, so that it disturbs nobody's data. ./dev check builds first, then calls this; 0 is good, 1 is not.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const artifacts = path.join(root, 'artifacts');
const demo = { email: 'owner@acme.test', password: 'correct-horse-demo', events: ['Autumn Conference', 'Winter Workshop'] };
const startWithin = 60_000, stopWithin = 25_000, showWithin = 20_000;

let passed = 0, current = 'setting up', page, api;

async function step(name, work) {
  const began = performance.now();
  current = name;
  const result = await work();
  passed++;
  console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${name}`);
  return result;
}

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// By hand, because fetch does not let anybody choose the Host header.
function get(port, host, target) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: target, headers: { Host: `${host}:${port}` } }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString('utf8') }));
      response.on('error', reject);
    });
    request.setTimeout(showWithin, () => request.destroy(new Error(`${host}${target}: no answer`)));
    request.on('error', reject);
  });
}

// What ./dev up does, but with what is built already and a folder that goes away again.
async function startApi(port, folder) {
  const dll = ['Release', 'Debug']
    .map((configuration) => path.join(root, 'src/Api/bin', configuration, 'net10.0/CleanTenancy.Api.dll'))
    .find(existsSync);
  check(dll, 'The API is not built: dotnet build src/Api');

  const environment = { ...process.env };
  // A connection string would turn the embedded server off and let this run on somebody else's data.
  for (const name of Object.keys(environment)) if (/^ConnectionStrings__/i.test(name)) delete environment[name];
  const child = spawn('dotnet', [dll], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...environment,
      ASPNETCORE_ENVIRONMENT: 'Development',
      ASPNETCORE_URLS: `http://localhost:${port}`,
      ASPNETCORE_CONTENTROOT: path.join(root, 'src/Api'),
      Development__DataFolder: folder,
      Tenancy__BaseDomain: 'localhost',
    },
  });
  api = { child, said: '', ended: new Promise((resolve) => { child.once('exit', resolve); child.once('error', resolve); }) };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { api.said = (api.said + text).slice(-4000); });

  let isEnded = false;
  api.ended.then(() => { isEnded = true; });
  for (const until = Date.now() + startWithin; Date.now() < until; await delay(100)) {
    check(!isEnded, `The API ended before it answered. It said:\n${api.said}`);
    if ((await get(port, 'localhost', '/health/ready').catch(() => null))?.status === 200) return;
  }
  throw new Error(`The API was not ready after ${startWithin / 1000} s. It said:\n${api.said}`);
}

async function stopApi() {
  if (!api || api.child.exitCode !== null || api.child.signalCode !== null) return;
  // It stops its database before it ends: only when it does not is it made to.
  api.child.kill('SIGTERM');
  const timer = setTimeout(() => api.child.kill('SIGKILL'), stopWithin);
  await api.ended;
  clearTimeout(timer);
}

// What a page must not do: say an error, or ask anybody but the host that it came from.
async function open(browser, origin) {
  const opened = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const faults = [];
  opened.setDefaultTimeout(showWithin);
  opened.on('console', (message) => { if (message.type() === 'error') faults.push(`console: ${message.text()}`); });
  opened.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  opened.on('requestfailed', (request) => faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  opened.on('request', (request) => {
    const url = new URL(request.url());
    if (/^https?:$|^wss?:$/.test(url.protocol) && url.origin !== origin) faults.push(`left its origin: ${url.href}`);
  });
  const answer = await opened.goto(`${origin}/swagger`);
  check(answer.status() === 200, `${origin}/swagger answered ${answer.status()}`);
  await opened.locator('.opblock').first().waitFor();
  return { page: opened, faults };
}

// Opens an operation and sends it as it stands.
async function execute(tag, operation, before = async () => {}) {
  const block = page.locator(`#operations-${tag}-${operation}`);
  await block.locator('.opblock-summary-control').click();
  await block.getByRole('button', { name: 'Try it out' }).click();
  await before(block);
  await block.getByRole('button', { name: 'Execute', exact: true }).click();
  const answer = block.locator('.live-responses-table .response').first();
  const status = (await answer.locator('.response-col_status').innerText()).trim();
  const body = await answer.locator('.response-col_description pre').first().innerText();
  const url = (await block.locator('.request-url pre').innerText()).trim();
  check(/^200\b/.test(status), `${operation} answered ${status}: ${body}`);
  return { body: JSON.parse(body), url };
}

async function servers(of) {
  return of.locator('.servers select option').evaluateAll((options) => options.map((option) => option.value));
}

async function run() {
  const port = await freePort();
  const [acme, platform] = [`http://acme.localhost:${port}`, `http://localhost:${port}`];
  // The embedded PostgreSQL runs as another user when this runs as root: it must be able to walk in.
  const folder = await mkdtemp('/tmp/swagger-check-');
  await chmod(folder, 0o711);
  let browser;
  try {
    await step('the API starts with data of its own', () => startApi(port, path.join(folder, 'data')));

    await step('an unknown host has neither page nor document', async () => {
      for (const target of ['/swagger', '/swagger/index.html', '/openapi/v1.json']) {
        const { status, body } = await get(port, 'nobody.localhost', target);
        check(status === 404, `${target} answered ${status}`);
        check(JSON.parse(body).code === 'tenant_not_found', `${target} answered ${body}`);
      }
    });

    await step('the document is the same each time, but for its server', async () => {
      const read = async (host) => (await get(port, host, '/openapi/v1.json')).body;
      const [first, second, other] = [await read('acme.localhost'), await read('acme.localhost'), await read('localhost')];
      check(JSON.parse(first).servers?.[0]?.url === acme, `its server is ${JSON.stringify(JSON.parse(first).servers)}`);
      check(first === second, 'two reads differ');
      check(first.replace(acme, platform) === other, 'the platform host has another document');
    });

    browser = await step('the browser starts', () => chromium.launch({
      executablePath: '/usr/bin/chromium',
      // Otherwise it ends this process on a signal, and leaves the API and its data behind.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
      args: [
        '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
        '--disable-sync', '--host-resolver-rules=MAP *.localhost 127.0.0.1',
      ],
    }));

    let faults;
    await step('acme\'s page opens and names acme as the server', async () => {
      ({ page, faults } = await open(browser, acme));
      const named = await servers(page);
      check(named.length === 1 && named[0] === acme, `it names ${named.join(', ')}`);
    });

    const token = await step('SignIn answers the example body with a token', async () => {
      const { body } = await execute('Auth', 'SignIn', async (block) => {
        const example = JSON.parse(await block.locator('textarea.body-param__text').inputValue());
        check(example.email === demo.email && example.password === demo.password, `the example is for ${example.email}`);
      });
      check(/^[\w-]+\.[\w-]+\.[\w-]+$/.test(body.accessToken), 'the answer has no access token');
      return body.accessToken;
    });

    await step('Authorize takes the token', async () => {
      await page.locator('.auth-wrapper button.authorize').click();
      const dialog = page.locator('.dialog-ux');
      await dialog.locator('input').fill(token);
      await dialog.getByRole('button', { name: 'Apply credentials' }).click();
      await dialog.getByRole('button', { name: 'Remove authorization' }).waitFor();
      await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
      await page.locator('.auth-wrapper button.authorize.locked').waitFor();
    });

    await step('ListEvents shows the demo events, from acme\'s own host', async () => {
      const { body, url } = await execute('Events', 'ListEvents');
      check(url.startsWith(`${acme}/v1/events`), `it was sent to ${url}`);
      const titles = body.data.map((event) => event.title);
      check(demo.events.every((title) => titles.includes(title)) && titles.length === demo.events.length, `it shows ${titles.join(', ')}`);
      await page.locator('#operations-Auth-SignIn .opblock-summary-control').click(); // it fills two screens, and has been seen
      await page.screenshot({ path: path.join(artifacts, 'swagger-acme.png'), fullPage: true });
    });

    await step('no error in the console, no request to anybody else', async () => {
      check(faults.length === 0, faults.join('\n'));
    });

    await step('the platform host\'s page names the platform host', async () => {
      ({ page, faults } = await open(browser, platform));
      const named = await servers(page);
      check(named.length === 1 && named[0] === platform, `it names ${named.join(', ')}`);
      const { body, url } = await execute('Platform', 'ListPlans');
      check(url.startsWith(`${platform}/v1/plans`), `it was sent to ${url}`);
      check(body.data.length > 0, 'there are no plans');
      check(faults.length === 0, faults.join('\n'));
    });
  } catch (error) {
    await page?.screenshot({ path: path.join(artifacts, 'swagger-failed.png'), fullPage: true }).catch(() => {});
    throw error;
  } finally {
    await browser?.close().catch(() => {});
    await stopApi();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

// A Ctrl-C must not leave a database behind: with the API gone, the step that runs fails, and the rest is as ever.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => { void stopApi(); });

try {
  await mkdir(artifacts, { recursive: true });
  for (const old of ['swagger-acme.png', 'swagger-failed.png']) await rm(path.join(artifacts, old), { force: true });
  await run();
  console.log(`swagger check: ${passed} steps passed`);
} catch (error) {
  console.error(`swagger check: failed at "${current}": ${error.message}`);
  if (existsSync(path.join(artifacts, 'swagger-failed.png'))) console.error('See artifacts/swagger-failed.png.');
  process.exitCode = 1;
}
