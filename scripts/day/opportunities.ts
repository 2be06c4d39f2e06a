import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { now } from '../../server/core/clock.ts';
import { addDays, localDate } from '../../server/core/time.ts';
import { StepFailed, pause } from './client.ts';
import type { Day, Person } from './client.ts';
import type { Cast } from './play.ts';

interface ImportView {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly counts: { readonly read: number; readonly created: number; readonly rejected: number };
}

/** Imports a real file over HTTP, opens one of its shifts and has a volunteer sign up for it. */
export async function playOpportunities(
  day: Day,
  { coordinator }: Cast,
  volunteer: Person,
  path: string,
): Promise<void> {
  const { data } = await coordinator.call<{ data: { id: string }[] }>('GET', '/units?limit=1');
  const checked = await day.step('brings a file and sees what would happen', coordinator.name, async () => {
    const form = new FormData();
    form.append('kind', 'opportunities');
    form.append('unitId', data[0]?.id ?? '');
    form.append('from', addDays(localDate(now(), 'Asia/Shanghai'), 2));
    form.append('file', new Blob([readFileSync(path)], { type: 'text/csv' }), basename(path));
    return coordinator.call<ImportView>('POST', '/imports', form);
  });
  await day.step('applies it', coordinator.name, async () => {
    await coordinator.call('POST', `/imports/${checked.id}/start`, {}, { version: checked.version });
    for (let attempt = 0; attempt < 600; attempt += 1) {
      const state = await coordinator.call<ImportView>('GET', `/imports/${checked.id}`);
      if (state.state === 'done') return;
      if (state.state === 'failed') throw new StepFailed('The import failed');
      await pause(500);
    }
    throw new StepFailed('The import did not end within five minutes');
  });
  const shift = await day.step('completes and publishes an imported shift', coordinator.name, async () => {
    let refusal = 'there is none';
    const drafts = await coordinator.call<{
      data: { id: string; requestId: string; title: string; positions: { id: string }[] }[];
    }>('GET', '/shifts?state=draft&limit=20');
    for (const draft of drafts.data) {
      // The file names nobody to ask and no conditions; publishing says so until somebody does.
      const request = await coordinator.call<{ version: number }>('GET', `/requests/${draft.requestId}`);
      await coordinator.call(
        'PATCH',
        `/requests/${draft.requestId}`,
        { conditions: '无特别要求', contactName: '周明远', contactPhone: '19900000001' },
        { version: request.version },
      );
      const answer = await coordinator.raw('POST', `/shifts/${draft.id}/publication`, {});
      if (answer.ok) return draft;
      refusal = (await answer.text()).slice(0, 400);
    }
    throw new StepFailed(`No imported shift could be published: ${refusal}`);
  });
  await day.step('signs up for it', volunteer.name, () =>
    volunteer.call('POST', `/positions/${shift.positions[0]?.id ?? ''}/assignments`, { note: '' }),
  );
}
