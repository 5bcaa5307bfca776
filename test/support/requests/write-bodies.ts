import type { Random } from '../random.js';

/** The body of a request: a text, bytes that are not UTF-8, or no body. */
export type Body = string | Uint8Array | undefined;

/** A key and its value. Both are JSON. */
type Entry = readonly [key: string, value: string];

const TEXTS = [
  'web servers',
  'größe',
  '計算',
  '😀',
  "it's",
  'say "hi"',
  'both \' and "',
  String.raw`a\b`,
  'tab\tinside',
  'line end\n',
  ' a',
  'a ',
  '',
  ' ',
  '\u00A0',
  'zero\u200Bwidth',
  'soft\u00ADhyphen',
  'line\u2028separator',
  'wide\u3000space',
  '\uFEFFmark',
  '\uE000',
  '\uD800',
  '\u0000',
  '\u007F',
  'x'.repeat(255),
  'x'.repeat(256),
  '計'.repeat(255),
];

/** JSON without white space. Python also reads `NaN` and `Infinity`. */
const VALUES = [
  ...words(
    'null true false 0 -0 1 -1 2 1.0 -0.0 1.5 1e2 1e-7 1E400 1e16 123456789.123456789 NaN Infinity -Infinity',
  ),
  ...words(
    String.raw`12345678901234567890 "" "1" "\ud83d\ude00" "\ud83d" [] {} [[[]]] {"":null} {"a":1,"a":2}`,
  ),
  '9'.repeat(40),
];

/** Returns JSON with a random value of any type. */
export function randomJson(random: Random, depth = 0): string {
  const inner = (): string => randomJson(random, depth + 1);
  return random.weighted([
    [6, () => random.pick(VALUES)],
    [2, () => randomText(random)],
    [depth < 3 ? 1 : 0, () => `[${Array.from({ length: random.int(1, 3) }, inner).join(', ')}]`],
    [depth < 3 ? 1 : 0, () => object(Array.from({ length: random.int(1, 3) }, () => [key(random), inner()]))],
  ])();
}

/** Returns JSON with a random text. */
function randomText(random: Random): string {
  return quoted(random, random.pick(TEXTS));
}

/** Returns a text as JSON: as it is, or with an escape sequence for each character. */
function quoted(random: Random, text: string): string {
  if (random.chance(0.8)) return JSON.stringify(text);
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

function key(random: Random): string {
  return random.pick([
    '"a"',
    '"b"',
    '"name"',
    '"größe"',
    '""',
    '"__proto__"',
    '"lock"',
    '"it\'s"',
    '"0"',
    '"😀"',
  ]);
}

function object(entries: readonly Entry[]): string {
  return `{${entries.map(([name, value]) => `${name}: ${value}`).join(', ')}}`;
}

/** Returns an object as JSON. Sometimes changes it: a key is missing, unknown or repeated, or has another value. */
function changed(random: Random, entries: readonly Entry[], probability: number): string {
  if (!random.chance(probability)) return object(entries);
  const index = random.int(0, entries.length);
  const [name = key(random), value = 'null'] = entries[index] ?? [];
  const with_ = (...instead: Entry[]): string => object(entries.toSpliced(index, 1, ...instead));
  return random.weighted([
    [4, () => with_([name, randomJson(random)])],
    [3, () => with_()],
    [2, () => with_([name, value], [key(random), randomJson(random)])],
    [1, () => with_([key(random), randomJson(random)], [name, value], [key(random), 'null'])],
    [1, () => with_([key(random), value])],
    [1, () => with_([name, randomJson(random)], [name, value])],
    [1, () => with_([name, value], [name, randomJson(random)])],
    [1, () => object([...entries].reverse())],
    [1, () => randomJson(random)],
  ])();
}

const POLICIES = ['anti-affinity', 'affinity', 'soft-anti-affinity', 'soft-affinity'];
/** Values of `max_server_per_host`. Nova 26 and Nova 33 treat floats such as 1.0 differently, so there are none of them. */
const LIMITS = [
  ...words(
    String.raw`1 "1" "01" "1\n" 2 "2" 0 -1 "0" "-1" "" "１" 1.5 "1.5" 0.5 true null [1] {} "x" NaN Infinity`,
  ),
  ...['" 1"', '9'.repeat(30), `"${'9'.repeat(30)}"`],
];

/** Returns the body of a request to create a server group. Most of the bodies are valid for the minor version. */
export function randomGroup(random: Random, minor: number): Body {
  const name = random.chance(0.8) ? `"group ${random.int(1, 9)}"` : randomText(random);
  const policy = random.weighted([
    [6, () => JSON.stringify(random.pick(minor < 15 ? POLICIES.slice(0, 2) : POLICIES))],
    [1, () => random.pick(['"soft-affinity"', '"legacy"', '"AFFINITY"', '"affinity "', '""', 'null'])],
  ])();
  const entries: Entry[] = [['"name"', name]];
  if (random.chance(0.95) ? minor < 64 : random.chance(0.5))
    entries.push(['"policies"', policies(random, policy)]);
  else entries.push(['"policy"', random.chance(0.95) ? policy : `[${policy}]`]);
  if (random.chance(minor < 64 ? 0.02 : 0.3)) entries.push(['"rules"', rules(random)]);
  return disturbed(random, changed(random, [['"server_group"', changed(random, entries, 0.1)]], 0.05));
}

function policies(random: Random, policy: string): string {
  return random.weighted([
    [30, () => `[${policy}]`],
    [1, () => policy],
    [1, () => '[]'],
    [1, () => `[${policy}, ${policy}]`],
    [1, () => `[${policy}, "anti-affinity"]`],
    [1, () => `[${policy}, ${randomJson(random)}]`],
    [1, () => `[${randomJson(random)}]`],
  ])();
}

function rules(random: Random): string {
  return random.weighted([
    [2, () => '{}'],
    [4, () => '{"max_server_per_host": 1}'],
    [6, () => `{"max_server_per_host": ${random.pick(LIMITS)}}`],
    [2, () => `{"max_server_per_host": ${random.pick(LIMITS)}, ${key(random)}: 1}`],
    [1, () => randomJson(random)],
  ])();
}

const UNKNOWN_ACTIONS = [
  '',
  'Lock',
  'lock ',
  'LOCK',
  'größe',
  '😀',
  "it's",
  'os-unknown',
  '__proto__',
  'constructor',
  '%s',
];

/** Returns the body of a request for an action. Most of the bodies lock or unlock the server. */
export function randomAction(random: Random): Body {
  const lock: Entry = ['"lock"', lockOf(random)];
  const unlock: Entry = ['"unlock"', random.chance(0.85) ? 'null' : randomJson(random)];
  const body = random.weighted([
    [45, () => object([lock])],
    [35, () => object([unlock])],
    [3, () => object([lock, unlock])],
    [2, () => object([unlock, lock])],
    [3, () => object([['"lock"', randomJson(random)], lock])],
    [1, () => object([lock, [key(random), 'null']])],
    [1, () => '{}'],
    [5, () => object([[quoted(random, random.pick(UNKNOWN_ACTIONS)), randomJson(random)]])],
    [
      2,
      () =>
        random.pick([
          '["lock"]',
          '"lock"',
          '"l"',
          '[]',
          '""',
          '0',
          'null',
          'true',
          '["lock", 1]',
          '[{"lock": null}]',
        ]),
    ],
    [3, () => randomJson(random)],
  ])();
  return disturbed(random, body);
}

/** Characters outside Unicode's basic plane, in JSON. Nova returns 500 for them, because its tables cannot hold them. */
const OUTSIDE_BASIC_PLANE = /[\u{10000}-\u{10FFFF}\p{Cs}]|\\ud[89a-f]/iu;

function lockOf(random: Random): string {
  const lock = random.weighted([
    [5, () => 'null'],
    [6, () => changed(random, [['"locked_reason"', randomText(random)]], 0.1)],
    [1, () => '{}'],
    [3, () => randomJson(random)],
  ])();
  return OUTSIDE_BASIC_PLANE.test(lock) ? 'null' : lock;
}

/** Returns a body. Sometimes changes its bytes: so it is not JSON, not UTF-8, empty or absent, or only looks unusual. */
export function disturbed(random: Random, json: string): Body {
  if (random.chance(0.92)) return json;
  const middle = random.int(0, json.length);
  return random.weighted<() => Body>([
    [2, () => undefined],
    [1, () => ''],
    [1, () => ' '],
    [1, () => 'null'],
    [1, () => ` \n${json}\r\n\t`],
    [1, () => `\uFEFF${json}`],
    [1, () => `${json} ${json}`],
    [1, () => json.replaceAll('"', "'")],
    [1, () => json.slice(0, middle)],
    [1, () => `${json.slice(0, middle)},${json.slice(middle)}`],
    [1, () => Buffer.from(`${json.slice(0, middle)}ü${json.slice(middle)}`, 'latin1')],
    [1, () => Buffer.from(json, 'utf16le')],
    [1, () => `[${json}]`],
    [1, () => 'name=web&policies=affinity'],
    [1, () => '['.repeat(random.pick([50, 800]))],
    [1, () => json.padEnd(random.pick([114_688, 114_689]))],
  ])();
}

function words(text: string): readonly string[] {
  return text.split(' ');
}
