import { validateSync } from 'class-validator';
import { BadRequest } from '../fault/faults.js';
import type { Microversion } from '../microversion/microversion.js';
import { type VersionRange, type VersionStep, VersionSteps } from '../microversion/version-steps.js';
import { type PythonDict, PythonFloat, type PythonValue } from '../python/json.js';
import { isDict } from '../python/repr.js';
import { BODY_PROPERTY, type BodyClass, bodyProperties, objectSchema } from './body-property.js';
import type { Strictness } from './body-schema.js';
import { compileSchema, type MessageOf } from './compile-schema.js';

/** The body of a route from one microversion to another. */
export interface BodyStep extends VersionRange {
  /** The class that declares the properties of the body. */
  readonly accepts: BodyClass;
}

/** The body steps of a route. Together they cover all microversions, without gaps. */
export class BodySteps {
  private readonly steps: VersionSteps<BodyClass>;

  /** @throws Error if the steps have a gap, overlap, or do not cover all versions */
  constructor(...steps: BodyStep[]) {
    this.steps = new VersionSteps(
      'body step',
      steps.map((step) => [step, step.accepts]),
    );
  }

  /**
   * Checks a body by the step of a microversion.
   *
   * @param strictness `relaxed` for a request below `/v2`
   * @returns a frozen instance of the step's class
   * @throws BadRequest in the same cases as `checkBody`
   */
  read(requested: Microversion, body: PythonValue, strictness: Strictness): object {
    return Object.freeze(checkBody(this.steps.at(requested), body, strictness));
  }

  /** The classes of all steps with their microversions, for the OpenAPI document. */
  get all(): readonly VersionStep<BodyClass>[] {
    return this.steps.all;
  }
}

/** The checks of a body class beside those of its properties. */
interface BodyChecks {
  /** The names of the properties, in the order of their declaration. */
  readonly names: readonly string[];
  /** Finds missing and unknown properties. */
  readonly shape: Readonly<Record<Strictness, MessageOf>>;
}

const prepared = new WeakMap<BodyClass, BodyChecks>();

/** Returns the checks of a body class. Makes them at the first call. */
function checksOf(accepts: BodyClass): BodyChecks {
  const checks = prepared.get(accepts) ?? prepareChecks(accepts);
  prepared.set(accepts, checks);
  return checks;
}

function prepareChecks(accepts: BodyClass): BodyChecks {
  const schema = objectSchema(accepts, () => ({}));
  return {
    names: [...bodyProperties(accepts).keys()],
    shape: { strict: compileSchema(schema, 'strict'), relaxed: compileSchema(schema, 'relaxed') },
  };
}

const objectProblem = compileSchema({ type: 'object' }, 'strict');

/**
 * Checks a body.
 *
 * @returns an instance of the class. Objects inside it are plain objects; integers beyond 2^53 are `bigint`.
 * @throws BadRequest with Nova's message about the first problem. The order is: problems of the declared properties,
 *   a missing property, all unknown properties together
 */
export function checkBody<Body extends object>(
  accepts: BodyClass<Body>,
  body: PythonValue,
  strictness: Strictness = 'strict',
): Body {
  reject(objectProblem(body));
  const dict = body as PythonDict;
  const instance = new accepts();
  const { names, shape } = checksOf(accepts);
  const known = names.filter((name) => dict.has(name));
  assign(instance, known, (name) => dict.get(name));
  const errors = validateSync(instance, { forbidUnknownValues: false, groups: [strictness] });
  for (const name of known) {
    reject(errors.find(({ property }) => property === name)?.constraints?.[BODY_PROPERTY]);
  }
  reject(shape[strictness](body));
  return bodyInstance(accepts, dict);
}

/** Returns an instance of a body class with the values of a checked body. */
export function bodyInstance<Body extends object>(accepts: BodyClass<Body>, dict: PythonDict): Body {
  const instance = new accepts();
  const known = checksOf(accepts).names.filter((name) => dict.has(name));
  assign(instance, known, (name) => plain(dict.get(name) ?? null));
  return instance;
}

function assign(instance: object, names: readonly string[], value: (name: string) => unknown): void {
  Object.assign(instance, Object.fromEntries(names.map((name) => [name, value(name)])));
}

function reject(problem: string | undefined): void {
  if (problem !== undefined) throw new BadRequest(problem);
}

/** Converts a value to JavaScript's own types. */
function plain(value: PythonValue): unknown {
  if (value instanceof PythonFloat) return value.value;
  if (isDict(value)) return Object.fromEntries([...value].map(([name, item]) => [name, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
