import { z } from 'zod';
import type { DirectoryFilter } from '../../roster/contracts.ts';
import { webAddress } from '../system.ts';

/** Where a school's API answers. Its prefix ends in `/api/` (documented in the vendor's set-up page). */
export const accountSettings = z.strictObject({
  url: webAddress.describe('API access URL, such as https://api-edt.school.example/api/'),
});
export type AccountSettings = z.infer<typeof accountSettings>;

/**
 * Numbers of directories, as schools write them: one number, a text with commas (the product's own lists are joined by
 * commas), or a list. Nothing at all is as good as not set.
 */
const directoryIds = z
  .union([z.number(), z.string(), z.null(), z.array(z.union([z.number(), z.string()]))], {
    error: 'must be a directory number, or several with commas between them',
  })
  .transform((given, context) => {
    const parts = [given ?? ''].flat().flatMap((part) => String(part).split(','));
    const ids = [...new Set(parts.map((part) => part.trim()))].filter((id) => id !== '');
    const odd = ids.filter((id) => !/^[\p{L}\p{N}_-]{1,100}$/u.test(id));
    if (odd.length > 0) {
      context.addIssue({ code: 'custom', message: `is not the number of a directory: ${odd.join(', ')}` });
    }
    return ids;
  })
  .optional();

const motive = z
  .union([z.string().trim().min(1), z.int()], { error: "must be a code of the ERP's motives" })
  .transform(String);

/** Unknown names are refused, so that a mistyped option is told and not silently without effect. */
export const sourceOptions = z.strictObject({
  nbDaysToGet: z
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe('Calendar days ahead of today that are read (documented default: 14)'),
  annuaireIdStudentsGroups: directoryIds.describe('Directories of groups that are synced; all when not set'),
  annuaireIdInitialStudents: directoryIds.describe('Directories of learners in initial training'),
  annuaireIdContinuousStudents: directoryIds.describe('Directories of learners in continuing education'),
  annuaireIdProfessors: directoryIds.describe('Directories of instructors that are synced; all when not set'),
  useProxy: z.boolean().default(false).describe("Reach Alcuin through the operator's forward proxy"),
  groups: z.boolean().default(false).describe('Sync groups'),
  lookAheadDays: z
    .int()
    .min(0)
    .max(60)
    .default(14)
    .describe('Days beyond the window that are read only to tell when a lesson will be sent'),
  motifs: z
    .record(z.string().trim().min(1), motive)
    .optional()
    .describe(
      "The target's reason of an absence, by id or name, to the ERP's motive code: confirmed without being asked",
    ),
});
export type SourceOptions = z.infer<typeof sourceOptions>;

/** An option that names directories. */
export type DirectoryOption = Extract<keyof SourceOptions, `annuaireId${string}`>;

/** Whom the connection takes. A learner may be in any directory of either kind of training. */
export function directoriesOf(options: SourceOptions): DirectoryFilter {
  const learner = [...(options.annuaireIdInitialStudents ?? []), ...(options.annuaireIdContinuousStudents ?? [])];
  const instructor = options.annuaireIdProfessors ?? [];
  const group = options.annuaireIdStudentsGroups ?? [];
  return {
    ...(learner.length > 0 && { learner: [...new Set(learner)] }),
    ...(instructor.length > 0 && { instructor }),
    ...(group.length > 0 && { group }),
  };
}

/** Each directory that the options name, with the option to correct when the ERP does not know it. */
export function namedDirectories(options: SourceOptions): { option: DirectoryOption; id: string }[] {
  const names: DirectoryOption[] = [
    'annuaireIdInitialStudents',
    'annuaireIdContinuousStudents',
    'annuaireIdProfessors',
    'annuaireIdStudentsGroups',
  ];
  return names.flatMap((option) => (options[option] ?? []).map((id) => ({ option, id })));
}
