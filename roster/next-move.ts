/** Who has to act before things go on: we who run Rollcall, the outside system's vendor, or the school. */
export type Mover = 'operator' | 'vendor' | 'school' | 'nobody';

/** What to do next, in the languages of the users. */
export interface Texts {
  readonly en: string;
  readonly fr: string;
  readonly sv: string;
}
