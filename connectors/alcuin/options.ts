import { z } from 'zod';
import { webAddress } from '../system.ts';

/** Where a school's API answers. Its prefix ends in `/api/` (documented in the vendor's set-up page). */
export const accountSettings = z.strictObject({
  url: webAddress.describe('API access URL, such as https://api-edt.school.example/api/'),
});
export type AccountSettings = z.infer<typeof accountSettings>;

/** Unknown names are refused, so that a mistyped option is told and not silently without effect. */
export const sourceOptions = z.strictObject({
  nbDaysToGet: z
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe('Calendar days ahead of today that are read (documented default: 14)'),
});
export type SourceOptions = z.infer<typeof sourceOptions>;
