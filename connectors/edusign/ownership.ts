import { apiType } from './wire.ts';

interface Named {
  readonly apiId: string;
  readonly apiType: string;
}

/** Whether an object carries the key of another system: another connector's, which we never touch. */
export function belongsToOther(object: Named, foreignId: string): boolean {
  return object.apiId !== '' && object.apiId !== foreignId && object.apiType !== apiType;
}

/** Whether an object is free to be taken over: it carries no key, or ours. */
export function isAdoptable(object: Named, foreignId: string): boolean {
  return object.apiId === '' || object.apiId === foreignId;
}
