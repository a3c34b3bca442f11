import { books } from './steps.ts';

/** Every few minutes: puts right what a crash or a person left undone. */
export async function sweep(): Promise<void> {
  await books.sweep();
}
