import { z } from 'zod';
import { impacts, verdicts } from '../domain/words.ts';

const at = z.int();
const hardness = z.enum(['hard', 'soft']);
const incidentRef = z.object({ id: z.string(), number: z.int() }).nullable();

export const dependencyMapSchema = z
  .object({
    services: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        status: z.enum(verdicts),
        since: at,
        /** The open incident that touches it. */
        incident: incidentRef,
        /** The open incident of which it is the likely cause. */
        causeOf: incidentRef,
      }),
    ),
    upstreams: z.array(
      z.object({
        id: z.string(),
        state: z.enum([...impacts, 'unknown']),
        since: at,
        incident: incidentRef,
        causeOf: incidentRef,
      }),
    ),
    dependencies: z.array(z.object({ from: z.string(), on: z.string(), hardness })),
    /** Services that cannot work without each other, in a circle. */
    circles: z.array(z.array(z.string())),
  })
  .meta({ id: 'DependencyMap' });
export type DependencyMap = z.infer<typeof dependencyMapSchema>;

const dependencyName = z
  .string()
  .trim()
  .max(200)
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}(\/[a-z0-9][a-z0-9._-]{0,63}){0,3}$/,
    'a service’s id, or an upstream such as aws/us-east-1/dynamodb',
  );

export const editDependenciesSchema = z
  .object({
    dependsOn: z.array(z.object({ on: dependencyName, hardness: hardness.default('hard') }).strict()).max(100),
  })
  .strict();
export type EditDependencies = z.output<typeof editDependenciesSchema>;
export const circlesSchema = z.object({ circles: z.array(z.array(z.string())) });
