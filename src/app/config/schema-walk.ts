import { z } from 'zod';
import type { Located, Path } from './located.ts';

type Schema = z.core.$ZodType;

/** The schema without what wraps it: optional, default, transformed. Outermost first, the bare one last. */
function layersOf(schema: Schema): Schema[] {
  const layers = [schema];
  for (;;) {
    const { def } = (layers.at(-1) as z.core.$ZodTypes)._zod;
    switch (def.type) {
      case 'optional':
      case 'nullable':
      case 'default':
      case 'prefault':
      case 'nonoptional':
      case 'readonly':
      case 'catch':
        layers.push(def.innerType);
        break;
      case 'pipe':
        layers.push(def.in);
        break;
      default:
        return layers;
    }
  }
}

const bare = (schema: Schema): z.core.$ZodTypes => layersOf(schema).at(-1) as z.core.$ZodTypes;

/** The option of a union that `value` was most likely meant to be. */
function optionFor(def: z.core.$ZodUnionDef, value: unknown): Schema | undefined {
  const discriminator = 'discriminator' in def ? String(def.discriminator) : undefined;
  return def.options.find((option) => {
    const { def: optionDef } = bare(option)._zod;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (optionDef.type !== 'object') return optionDef.type === 'array' ? Array.isArray(value) : !isObject;
    if (!isObject || discriminator === undefined) return isObject;
    const tag = optionDef.shape[discriminator];
    const asked = (value as Record<string, unknown>)[discriminator];
    return tag !== undefined && z.core.safeParse(tag, asked).success;
  });
}

function childSchema(schema: Schema, key: string | number, value: unknown): Schema | undefined {
  const { def } = bare(schema)._zod;
  if (def.type === 'object')
    return typeof key === 'string' && Object.hasOwn(def.shape, key) ? def.shape[key] : undefined;
  if (def.type === 'record') return def.valueType;
  if (def.type === 'array') return def.element;
  if (def.type !== 'union') return undefined;
  const option = optionFor(def, value);
  return option && childSchema(option, key, value);
}

/** The field names that the schema knows at `path` in the value at `root`. */
export function knownFields(schema: Schema, root: Located, path: Path): string[] {
  let here: Schema | undefined = schema;
  let node: Located | undefined = root;
  for (const key of path) {
    here = here && childSchema(here, key, node?.value);
    node = node?.children.get(key);
  }
  if (here === undefined) return [];
  const { def } = bare(here)._zod;
  const object = def.type === 'union' ? optionFor(def, node?.value) : here;
  const objectDef = object && bare(object)._zod.def;
  return objectDef?.type === 'object' ? Object.keys(objectDef.shape) : [];
}

/** `reference-only`: marked with `.meta({ secret: true })`. `hidden`: with `writeOnly`, as JSON Schema says that it is never shown. */
type Secrecy = 'reference-only' | 'hidden';

function secrecyOf(schema: Schema): Secrecy | undefined {
  const marks = layersOf(schema).map((layer) => z.globalRegistry.get(layer));
  if (marks.some((mark) => mark?.['secret'] === true)) return 'reference-only';
  return marks.some((mark) => mark?.['writeOnly'] === true) ? 'hidden' : undefined;
}

export interface SecretValue {
  readonly node: Located;
  readonly path: Path;
  readonly secrecy: Secrecy;
}

/** Every value of the file whose schema is marked as secret. */
export function* secretValues(schema: Schema, node: Located, path: Path = []): Generator<SecretValue> {
  const secrecy = secrecyOf(schema);
  if (secrecy !== undefined) {
    yield { node, path, secrecy };
    return;
  }
  for (const [key, child] of node.children) {
    const next = childSchema(schema, key, node.value);
    if (next !== undefined) yield* secretValues(next, child, [...path, key]);
  }
}

/** Fields that a schema would drop without a word because it is not strict: whoever wrote them meant something. */
export function* droppedFields(schema: Schema, node: Located, path: Path = []): Generator<Path> {
  const { def } = bare(schema)._zod;
  const object = def.type === 'union' ? optionFor(def, node.value) : schema;
  const objectDef = object && bare(object)._zod.def;
  const drops = objectDef?.type === 'object' && objectDef.catchall === undefined;
  for (const [key, child] of node.children) {
    const next = childSchema(schema, key, node.value);
    if (next !== undefined) yield* droppedFields(next, child, [...path, key]);
    else if (drops && typeof key === 'string') yield [...path, key];
  }
}
