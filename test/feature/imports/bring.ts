import { expect } from 'chai';
import type { Member } from '../../factories/people.ts';
import { testApp } from '../../support/app.ts';

/** An import as the API shows it. */
export interface Made {
  id: string;
  version: number;
  counts: Record<string, number>;
  skipped: number;
  saved: { id: string; name: string } | null;
}
/** Brings a file as a program does. @returns the checked import */
export async function bring(
  member: Member,
  file: string,
  fields: Record<string, string> = {},
): Promise<Made> {
  const { url } = await testApp();
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('file', new Blob([file], { type: 'text/csv' }), 'a.csv');
  const headers = { authorization: `Bearer ${(await member.api()).token ?? ''}` };
  const response = await fetch(`${url}/api/v1/imports`, { method: 'POST', headers, body });
  expect(response.status).to.equal(201);
  return (await response.json()) as Made;
}
