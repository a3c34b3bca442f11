import type { EdusignState } from '../../simulators/edusign/state.ts';
import type { World } from './world.ts';

/** What must hold in our own books whenever no run is at work. */
export async function checkBooks(
  world: World,
  edusign: EdusignState,
  removedByHand: ReadonlySet<string>,
): Promise<string[]> {
  const deleted = edusign.deletedCourses.map(({ id }) => id).filter((id) => !removedByHand.has(id));
  const archived = edusign.groups.filter((group) => group.archived && group.apiId !== '').map(({ id }) => id);
  return [
    ...(await told(
      world,
      `select c.kind || ' ' || c.operation || ' ' || c.sync_key || ' is still ' || c.state || ' though its run ' || r.number ||
              ' has ended (' || r.state || ')' as words
         from change c join run r using (run_id) where r.state = 'completed' and c.state in ('planned', 'sending')`,
    )),
    ...(await told(
      world,
      `select 'change ' || kind || ' ' || sync_key || ' has no plan' as words from change c
        where not exists (select from plan p where p.run_id = c.run_id)`,
    )),
    ...(await told(
      world,
      `select 'finding ' || code || ' of ' || kind || ' ' || sync_key || ' has no words' as words from finding
        where closed_run is null and btrim(detail) = ''`,
    )),
    ...(await told(
      world,
      `select 'object ' || target_object_id || ' has ' || count(*) || ' keys of one kind' as words from link
        where connection_id = $1 group by kind, target_object_id having count(*) > 1`,
      [world.connectionId],
    )),
    ...(await unplanned(world, 'lesson', 'delete', deleted)),
    ...(await unplanned(world, 'group', 'archive', archived)),
  ];
}

async function told(world: World, query: string, values: readonly unknown[] = []): Promise<string[]> {
  const rows = await world.sql<{ words: string }>(query, values);
  return rows.map(({ words }) => `books: ${words}`);
}

/** Nothing is ever taken away that was not in a stored plan first. */
function unplanned(world: World, kind: string, operation: string, ids: readonly string[]): Promise<string[]> {
  return told(
    world,
    `select $1 || ' ' || id || ' was taken away without a plan' as words from unnest($3::text[]) as gone(id)
      where not exists (select from change c where (c.kind, c.operation, c.target_id) = ($1, $2, gone.id))`,
    [kind, operation, ids],
  );
}
