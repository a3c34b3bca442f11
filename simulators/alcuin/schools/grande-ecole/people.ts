import type { Pick } from '../../../kit/pick.ts';
import type { Person } from '../../state.ts';
import { directories } from '../frame.ts';
import { firstNames, nameEnds, nameStarts, particles } from './names.ts';

/** No address of this kind can ever receive mail. */
export const domain = 'val-de-brume.example';
const learnerDomain = `etu.${domain}`;

/** Makes people whose names nobody has: no two of them share an address. */
export class Registry {
  readonly #taken = new Set<string>();
  readonly #pick: Pick;

  constructor(pick: Pick) {
    this.#pick = pick;
  }

  learner(id: number, directory: number): Person {
    const { nom, prenom } = this.#name();
    const telephone = this.#pick.chance(0.6) ? { telephone: phone(id) } : {};
    return { id, idAnnuaire: directory, nom, prenom, email: this.#address(prenom, nom, learnerDomain), ...telephone };
  }

  instructor(id: number): Person {
    const { nom, prenom } = this.#name();
    return { id, idAnnuaire: directories.instructors, nom, prenom, email: this.#address(prenom, nom, domain) };
  }

  #name(): { nom: string; prenom: string } {
    const family = this.#pick.one(nameStarts) + this.#pick.one(nameEnds);
    const particle = this.#pick.chance(0.06) ? this.#pick.one(particles) : '';
    return { nom: particle + family, prenom: this.#pick.one(firstNames) };
  }

  /** Namesakes get a number, as a school's mail service does it. */
  #address(prenom: string, nom: string, at: string): string {
    const name = `${ascii(prenom)}.${ascii(nom)}`;
    for (let number = 1; ; number += 1) {
      const address = `${name}${number === 1 ? '' : number}@${at}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
  }
}

/** From the range that the French regulator keeps for fiction. */
function phone(id: number): string {
  const digits = String(id % 10_000).padStart(4, '0');
  return `+33 6 39 98 ${digits.slice(0, 2)} ${digits.slice(2)}`;
}

function ascii(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/[^A-Za-z-]/g, '')
    .toLowerCase();
}
