import { defineSignal, setHandler } from '@temporalio/workflow';
import { books } from './steps.ts';

/** Something else became due: look again before ending. */
const more = defineSignal('more');

/** Sends what is due to be told in one organisation, slice by slice, then ends. One of it works at a time. */
export async function deliverMessages(organisationId: string): Promise<void> {
  let again = true;
  setHandler(more, () => {
    again = true;
  });
  while (again) {
    again = false;
    const { done } = await books.deliver(organisationId);
    if (!done) again = true;
  }
}
