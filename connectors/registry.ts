import { alcuin } from './alcuin/system.ts';
import { auriga } from './auriga/system.ts';
import { edusign } from './edusign/system.ts';
import type { System } from './system.ts';

/** Every outside system Rollcall can speak to, by code. A new one is a folder here and a name in this list. */
export const systems: ReadonlyMap<string, System> = new Map(
  [alcuin, auriga, edusign].map((system: System) => [system.code, system]),
);
