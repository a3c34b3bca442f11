import { z } from 'zod';
import { type Answer, bytes, json } from '../kit/answer.ts';
import type { ApiRequest } from '../kit/dispatch.ts';
import { cutPage } from '../kit/pages.ts';
import type { ApiRoute } from '../kit/server.ts';
import type { School } from './school.ts';
import type { Absence } from './state.ts';
import { fieldErrors, problem } from './wire.ts';

const usualSize = 100;

const reference = z.object({ id: z.coerce.number().int() });
const instant = z.iso.datetime();
const bodyShape = z.object({
  externalCode: z.string().min(1),
  intervention: reference,
  person: reference,
  absenceReason: reference.nullable(),
  startDateTime: instant,
  endDateTime: instant,
  justified: z.boolean(),
  comment: z.string().default(''),
});
type Body = z.infer<typeof bodyShape>;

/** Absences and their reasons: assumed entirely. */
export function absenceRoutes(school: School): readonly ApiRoute[] {
  const one = '/api/absences/:absence';
  return [
    {
      method: 'GET',
      path: '/api/absenceReasons',
      route: (request) => listed(request, school.state.absenceReasons),
    },
    {
      method: 'GET',
      path: '/api/absences',
      route: (request) => {
        const { externalCode, intervention } = request.query;
        const wanted = school.state.absences.filter(
          (absence) =>
            (externalCode === undefined || absence.externalCode === externalCode) &&
            (intervention === undefined || String(absence.intervention.id) === intervention),
        );
        return listed(request, wanted);
      },
    },
    {
      method: 'POST',
      path: '/api/absences',
      route: (request) => {
        const body = bodyShape.safeParse(request.body);
        if (!body.success) return problem(400, request.path, z.prettifyError(body.error));
        const there = school.state.absences.find(({ externalCode }) => externalCode === body.data.externalCode);
        if (there !== undefined) return json({ id: there.id, message: 'externalCode already exists' }, 409);
        const refused = refusalOf(school, body.data, request);
        if (refused !== undefined) return refused;
        const absence = { id: school.newId(), ...body.data };
        school.state.absences.push(absence);
        return json(absence, 201);
      },
    },
    {
      method: 'PUT',
      path: one,
      route: (request) =>
        onAbsence(school, request, (absence) => {
          const body = bodyShape.safeParse(request.body);
          if (!body.success) return problem(400, request.path, z.prettifyError(body.error));
          return refusalOf(school, body.data, request) ?? json(Object.assign(absence, body.data));
        }),
    },
    {
      method: 'DELETE',
      path: one,
      route: (request) =>
        onAbsence(school, request, (absence) => {
          school.state.absences = school.state.absences.filter((other) => other !== absence);
          return bytes(204, Buffer.alloc(0), 'application/json');
        }),
    },
  ];
}

function listed(request: ApiRequest, items: readonly unknown[]): Answer {
  const size = Number(request.query['size'] ?? usualSize);
  const page = Number(request.query['page'] ?? 1);
  const cut = cutPage(items, page - 1, size, request.fault);
  return json({ content: cut.items, totalPages: Math.ceil(cut.total / size) });
}

function onAbsence(school: School, request: ApiRequest, act: (absence: Absence) => Answer): Answer {
  const absence = school.state.absences.find(({ id }) => String(id) === request.params['absence']);
  return absence === undefined ? problem(404, request.path, 'Unknown absence') : act(absence);
}

function refusalOf(school: School, body: Body, request: ApiRequest): Answer | undefined {
  const intervention = school.state.interventions.find(({ id }) => id === body.intervention.id);
  if (intervention === undefined) {
    return fieldErrors({ field: 'intervention', code: 'UNKNOWN', message: 'Intervention inconnue' });
  }
  const struck = request.fault?.fault === 'reject-person';
  if (struck || !intervention.learners.includes(body.person.id)) {
    return fieldErrors({
      field: 'person',
      code: 'NOT_ON_INTERVENTION',
      message: "Apprenant non inscrit à l'intervention",
    });
  }
  const reason = body.absenceReason?.id;
  if (reason !== undefined && !school.state.absenceReasons.some(({ id }) => id === reason)) {
    return fieldErrors({ field: 'absenceReason', code: 'UNKNOWN', message: "Motif d'absence inconnu" });
  }
  return undefined;
}
