import { chmodSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { PDFDocument } from '@cantoo/pdf-lib';
import sharp from 'sharp';
import { cleanImage } from '../../../server/features/attachments/attachment.image.ts';
import {
  AttachmentContentModel,
  AttachmentModel,
  AttachmentQuotaModel,
} from '../../../server/features/attachments/attachment.model.ts';
import { scanWith } from '../../../server/features/attachments/index.ts';
import { createMember, createTenant, inTenant } from '../../factories/people.ts';
import type { Member } from '../../factories/people.ts';
import { createSession } from '../../factories/training.ts';
import { ApiAgent } from '../../support/agent.ts';
import type { Answer } from '../../support/agent.ts';
import { testApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const photograph = (width = 640, height = 480): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: '#3b7' } })
    .jpeg()
    .withExif({
      IFD0: { Make: 'SecretCamera', ImageDescription: 'my home' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '29/1 47/1 0/1' },
    })
    .toBuffer();

async function claim(member: Member): Promise<string> {
  const answer = await (
    await member.api()
  ).post('/credentials', {
    level: 'assistant',
    number: `N${member.personId.slice(-10)}`,
    issuer: '民政部',
    issuedOn: '2025-01-10',
    validFrom: '2025-02-01',
  });
  return String(answer.json()['id']);
}

/** Sends a file as a machine does. */
async function send(
  api: ApiAgent,
  path: string,
  file: { name: string; bytes: Uint8Array; type?: string },
): Promise<{ status: number; json: Record<string, unknown> }> {
  const { url } = await testApp();
  const body = new FormData();
  body.append(
    'file',
    new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type: file.type ?? 'image/jpeg' }),
    file.name,
  );
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}` },
    body,
  });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}
const codeOf = (answer: { json: Record<string, unknown> }): unknown =>
  (answer.json['errors'] as { code: string }[] | undefined)?.[0]?.code ?? answer.json['code'];

describe('pictures of a certificate', function () {
  this.timeout(60_000);

  it('keep their pixels and nothing else; holder and reviewers see them, as attachments, nobody else', async () => {
    const tenant = await createTenant();
    const holder = await createMember(tenant);
    const id = await claim(holder);
    const api = await holder.api();
    const sent = await send(api, `/credentials/${id}/scans`, {
      name: 'zheng.JPG',
      bytes: await photograph(3_000, 1_000),
    });
    expect(sent.status, JSON.stringify(sent.json)).to.equal(201);
    expect(sent.json).to.include({ width: 2_000, height: 667 });
    const path = `/credentials/${id}/scans/${String(sent.json['id'])}`;
    const { url } = await testApp();
    const response = await fetch(`${url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${api.token}` },
    });
    expect(response.headers.get('content-type')).to.equal('image/webp');
    expect(response.headers.get('content-disposition')).to.match(
      /^attachment; filename\*=UTF-8''[0-9a-f]{24}\.webp$/,
    );
    expect(response.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(response.headers.get('content-security-policy')).to.equal("default-src 'none'; sandbox");
    expect(response.headers.get('cache-control')).to.match(/no-store|private/);
    const bytes = Buffer.from(await response.arrayBuffer());
    const metadata = await sharp(bytes).metadata();
    expect(metadata).to.include({ format: 'webp', width: 2_000 });
    expect([metadata.exif, metadata.icc, metadata.xmp, metadata.iptc]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    for (const secret of ['SecretCamera', 'my home', 'GPS', 'zheng'])
      expect(bytes.includes(secret)).to.equal(false);

    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    expect((await officer.get(path)).status).to.equal(200);
    expect((await officer.get(`/credentials/${id}`)).json()['scans']).to.have.length(1);
    const strangers = [
      await createMember(tenant),
      await createMember(tenant, { roles: ['coordinator', 'administrator'] }),
      await createMember(await createTenant(), { roles: ['officer', 'reviewer'] }),
    ];
    for (const stranger of strangers) expect((await (await stranger.api()).get(path)).status).to.equal(404);
    expect((await new ApiAgent().get(path)).status).to.equal(401);
    const other = await claim(strangers[0]!);
    const foreign = await (
      await strangers[0]!.api()
    ).get(`/credentials/${other}/scans/${String(sent.json['id'])}`);
    expect(foreign.status).to.equal(404);
  });

  it('refuses what only calls itself a picture, bombs and broken ones, beside the form', async () => {
    const holder = await createMember(await createTenant());
    const id = await claim(holder);
    const api = await holder.api();
    const refused = async (name: string, bytes: Uint8Array | string): Promise<unknown> => {
      const answer = await send(api, `/credentials/${id}/scans`, { name, bytes: Buffer.from(bytes) });
      expect(answer.status, name).to.equal(422);
      return codeOf(answer);
    };
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const jpeg = await photograph();
    expect(await refused('a.svg', svg)).to.equal('file-no-picture');
    expect(await refused('a.jpg', svg)).to.equal('file-no-picture');
    expect(await refused('a.jpg', '<html><script>alert(1)</script>')).to.equal('file-no-picture');
    expect(await refused('a.html', jpeg)).to.equal('file-no-picture');
    expect(await refused('a.png', jpeg)).to.equal('file-no-picture');
    expect(await refused('a.jpg', '%PDF-1.7')).to.equal('file-no-picture');
    expect(await refused('a.jpg', jpeg.subarray(0, 400))).to.equal('picture-broken');
    const bomb = await sharp({
      create: { width: 10_000, height: 8_000, channels: 3, background: '#fff' },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(bomb.length).to.be.below(1_000_000);
    expect(await refused('bomb.png', bomb)).to.equal('picture-too-large');
    // As many pixels as a phone takes, but two bytes to a sample and to be unpacked whole: half a gigabyte of a small file.
    const deep = await sharp({
      create: { width: 7_800, height: 5_000, channels: 4, background: '#f008' },
    })
      .toColourspace('rgb16')
      .png({ progressive: true, compressionLevel: 6 })
      .toBuffer();
    expect(deep.length).to.be.below(2_500_000);
    expect(await refused('deep.png', deep)).to.equal('picture-too-large');
    const large = await send(api, `/credentials/${id}/scans`, {
      name: 'large.jpg',
      bytes: Buffer.concat([jpeg, Buffer.alloc(11 * 1024 * 1024)]),
    });
    expect(large.status).to.equal(413);
    const none = await api.post(`/credentials/${id}/scans`);
    expect(none.status).to.be.oneOf([415, 422]);

    const page = await holder.page();
    const shown = await page.get(`/credentials/${id}`);
    expect(shown.text).to.include('enctype="multipart/form-data"').and.include('name="file"');
    const wrong: Answer = await page.upload(`/credentials/${id}/scans`, {}, { name: 'a.svg', bytes: svg });
    expect(wrong.location).to.equal(`/credentials/${id}`);
    expect((await page.get(`/credentials/${id}`)).text).to.include('JPEG');
    const right = await page.upload(`/credentials/${id}/scans`, {}, { name: 'a.jpg', bytes: jpeg });
    expect(right.status).to.equal(303);
    expect((await page.get(`/credentials/${id}?lang=en`)).text).to.match(
      /<img src="\/credentials\/[0-9a-f]{24}\/scans\//,
    );
  });

  it('take a PDF, written anew and only to be saved; what only calls itself one is refused', async () => {
    const tenant = await createTenant();
    const [holder, officer] = [
      await createMember(tenant),
      await createMember(tenant, { roles: ['officer'] }),
    ];
    const api = await holder.api();
    const id = await claim(holder);
    const doc = await PDFDocument.create();
    doc.setAuthor('Somebody Private');
    doc.addPage([300, 400]).drawText('Certificate');
    doc.addPage([300, 400]);
    doc.addJavaScript('start', 'app.alert("started")');
    const bytes = await doc.save({ useObjectStreams: false });
    const sent = await send(api, `/credentials/${id}/scans`, { name: '证书.PDF', bytes });
    expect(sent.status, JSON.stringify(sent.json)).to.equal(201);
    expect(sent.json).to.include({ contentType: 'application/pdf', pages: 2, width: null, label: '' });
    const path = `/credentials/${id}/scans/${String(sent.json['id'])}`;
    const { url } = await testApp();
    const got = await fetch(`${url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${(await officer.api()).token}` },
    });
    expect(got.headers.get('content-type')).to.equal('application/pdf');
    expect(got.headers.get('content-disposition')).to.match(
      /^attachment; filename\*=UTF-8''[0-9a-f]{24}\.pdf$/,
    );
    expect(got.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(got.headers.get('content-security-policy')).to.equal("default-src 'none'; sandbox");
    const kept = Buffer.from(await got.arrayBuffer());
    for (const secret of ['JavaScript', 'started', 'Somebody', '证书'])
      expect(kept.includes(secret), secret).to.equal(false);
    expect((await (await createMember(tenant)).api().then((other) => other.get(path))).status).to.equal(404);
    expect((await (await holder.page()).get(`/credentials/${id}?lang=en`)).text).to.include('PDF, 2 pages');
    for (const [name, wrong, code] of [
      ['a.jpg', bytes, 'file-no-picture'],
      ['a.pdf', await photograph(40, 30), 'file-no-picture'],
      ['a.pdf', Buffer.from('\n%PDF-1.7'), 'file-no-picture'],
      ['a.pdf', Buffer.from('%PDF-1.7 <script>alert(1)</script>'), 'pdf-broken'],
    ] as const) {
      const answer = await send(api, `/credentials/${id}/scans`, { name, bytes: wrong });
      expect([answer.status, codeOf(answer)], name).to.deep.equal([422, code]);
    }
    // The same is handed out with a course, under a name, to whoever comes.
    const { courseId, sessionId } = await createSession(tenant);
    const desk = await officer.page();
    await desk.get(`/courses/${courseId}`);
    const handed = await desk.upload(
      `/courses/${courseId}/materials`,
      { title: '<b>调解</b>六步' },
      { name: 'slides.pdf', bytes: Buffer.from(bytes) },
    );
    expect(handed.location).to.equal(`/courses/${courseId}`);
    expect((await desk.get(`/courses/${courseId}`)).text).to.include('&lt;b&gt;调解&lt;/b&gt;六步');
    const learner = await holder.page();
    expect((await learner.get(`/sessions/${sessionId}`)).text).not.to.include('六步');
    expect((await api.post(`/sessions/${sessionId}/enrolments`)).status).to.equal(201);
    expect((await learner.get(`/sessions/${sessionId}`)).text).to.match(
      /href="\/courses\/[0-9a-f]{24}\/materials\/[0-9a-f]{24}" download/,
    );
  });

  it('drops what is hidden behind the end of a picture', async () => {
    const jpeg = await photograph();
    const polyglot = Buffer.concat([jpeg, Buffer.from('<script>alert("tail")</script>PK\u0003\u0004')]);
    const { bytes } = await cleanImage({ name: 'a.jpg', bytes: polyglot });
    expect(bytes.includes('tail')).to.equal(false);
  });

  it('are unpacked one at a time, and whoever comes to a long line is told to come again', async () => {
    const heavy = await sharp({ create: { width: 5_000, height: 4_000, channels: 3, background: '#3b7' } })
      .png({ progressive: true })
      .toBuffer();
    const small = await photograph(40, 30);
    const done: string[] = [];
    const note = async (name: string, bytes: Buffer): Promise<void> => {
      await cleanImage({ name, bytes });
      done.push(name);
    };
    await Promise.all([note('heavy.png', heavy), note('small.jpg', small)]);
    expect(done).to.deep.equal(['heavy.png', 'small.jpg']);
    const crowd = await Promise.allSettled(
      Array.from({ length: 20 }, () => cleanImage({ name: 'a.jpg', bytes: small })),
    );
    const sent = crowd.filter(({ status }) => status === 'rejected') as { reason: { status: number } }[];
    expect(sent.map(({ reason }) => reason.status)).to.deep.equal(Array(8).fill(503));
    expect((await cleanImage({ name: 'a.jpg', bytes: small })).width).to.equal(40);
  });

  /** Begins to send a file and stops in the middle of it. */
  async function begin(api: ApiAgent, path: string): Promise<{ answer: Promise<number>; end: () => void }> {
    const { url } = await testApp();
    const sending = request(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.token}`,
        'content-type': 'multipart/form-data; boundary=x',
        'content-length': String(5 * 1024 * 1024),
      },
    });
    const answer = new Promise<number>((resolve) => {
      sending.on('response', (response) => resolve(response.statusCode ?? 0));
      sending.on('error', () => resolve(0));
    });
    sending.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n');
    sending.write(Buffer.alloc(64 * 1024));
    return { answer, end: () => void sending.destroy() };
  }

  it('are not received from who may not add them, nor many at once that come slowly (F-27)', async () => {
    const tenant = await createTenant();
    const [slow, other] = [await createMember(tenant), await createMember(tenant)];
    const [api, path] = [await slow.api(), `/credentials/${await claim(slow)}/scans`];
    const refused = await begin(api, '/imports');
    expect(await refused.answer, 'before the file is there').to.equal(403);
    refused.end();
    const begun = [];
    for (let at = 0; at < 13; at += 1) begun.push(await begin(api, path));
    // Whichever of them came last is the one too many; the others are answered nothing.
    expect(await Promise.race(begun.map(({ answer }) => answer))).to.equal(503);
    const own = `/credentials/${await claim(other)}/scans`;
    const sent = await send(await other.api(), own, { name: 'a.jpg', bytes: await photograph(40, 30) });
    expect(sent.status, 'somebody else').to.equal(201);
    for (const { end } of begun) end();
  });

  it('are bounded by number and quota, whatever comes at once, and free their space when removed', async () => {
    const tenant = await createTenant();
    const holder = await createMember(tenant);
    const id = await claim(holder);
    const api = await holder.api();
    const jpeg = await photograph(40, 30);
    const answers = await Promise.all(
      Array.from({ length: 9 }, () => send(api, `/credentials/${id}/scans`, { name: 'a.jpg', bytes: jpeg })),
    );
    expect(answers.filter(({ status }) => status === 201)).to.have.length(6);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(codeOf))).to.deep.equal(
      new Set(['too-many-pictures']),
    );
    const quota = () =>
      inTenant(tenant.id, async () => AttachmentQuotaModel.findOne({ ownerId: holder.personId }).lean());
    expect((await quota())?.files).to.equal(6);
    const first = String(answers.find(({ status }) => status === 201)?.json['id']);
    const removed = await Promise.all(
      [1, 2].map(() => api.post(`/credentials/${id}/scans/${first}/removal`)),
    );
    expect(removed.map(({ status }) => status).sort()).to.deep.equal([204, 404]);
    expect((await quota())?.files).to.equal(5);
    await inTenant(tenant.id, async () => {
      expect(await AttachmentContentModel.countDocuments({})).to.equal(5);
      const stored = await AttachmentModel.find({ removedAt: null }).lean();
      expect((await quota())?.bytes).to.equal(stored.reduce((sum, { bytes }) => sum + bytes, 0));
      await AttachmentQuotaModel.updateOne(
        { ownerId: holder.personId },
        { $set: { bytes: 20 * 1024 * 1024 } },
      );
    });
    const full = await send(api, `/credentials/${id}/scans`, { name: 'a.jpg', bytes: jpeg });
    expect(full.status).to.equal(409);
    expect(codeOf(full)).to.equal('quota-used-up');
  });

  it('count against the course where they are handed out, six of them whoever adds at once', async () => {
    const tenant = await createTenant();
    const { courseId } = await createSession(tenant);
    const officers = await Promise.all([1, 2].map(() => createMember(tenant, { roles: ['officer'] })));
    const apis = await Promise.all(officers.map((one) => one.api()));
    const jpeg = await photograph(40, 30);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_unused, at) =>
        send(apis[at % 2]!, `/courses/${courseId}/materials`, { name: 'a.jpg', bytes: jpeg }),
      ),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made, JSON.stringify(answers.map(codeOf))).to.have.length(6);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(codeOf))).to.deep.equal(
      new Set(['too-many-pictures']),
    );
    await inTenant(tenant.id, async () => {
      const quotas = await AttachmentQuotaModel.find({}).lean();
      expect(quotas.map(({ ownerId, files }) => [String(ownerId), files])).to.deep.equal([[courseId, 6]]);
    });
    // Whoever takes one out, the course has room again.
    const gone = `/courses/${courseId}/materials/${String(made[0]?.json['id'])}/removal`;
    expect((await apis[1]!.post(gone)).status).to.equal(204);
    const more = await send(apis[0]!, `/courses/${courseId}/materials`, { name: 'a.jpg', bytes: jpeg });
    expect(more.status).to.equal(201);
  });

  it('stay as they are once it is decided, and reviewers cannot change them', async () => {
    const tenant = await createTenant();
    const holder = await createMember(tenant);
    const id = await claim(holder);
    const api = await holder.api();
    const jpeg = await photograph(40, 30);
    const sent = await send(api, `/credentials/${id}/scans`, { name: 'a.jpg', bytes: jpeg });
    const officer = await (await createMember(tenant, { roles: ['officer'] })).api();
    const removal = `/credentials/${id}/scans/${String(sent.json['id'])}/removal`;
    expect((await officer.post(removal)).status).to.equal(403);
    await officer.post(`/credentials/${id}/review`, { verdict: 'rejected', reason: 'x' });
    expect((await api.post(removal)).json()).to.include({ code: 'wrong-state' });
    const late = await send(api, `/credentials/${id}/scans`, { name: 'a.jpg', bytes: jpeg });
    expect(codeOf(late)).to.equal('wrong-state');
  });
});

describe('the malware scanner’s hook', () => {
  it('keeps what is clean, refuses what is harmful, and what nobody could look at', async () => {
    const folder = temporaryFolder();
    const script = join(folder, 'scan.sh');
    writeFileSync(
      script,
      '#!/bin/sh\nif grep -q EICAR; then exit 1; fi\n[ "$1" = fail ] && exit 2\nexit 0\n',
    );
    chmodSync(script, 0o700);
    const outcome = (command: string | null, text: string): Promise<unknown> =>
      scanWith(command)(Buffer.from(text)).then(
        () => 'clean',
        (err: unknown) => {
          const { code, issues } = err as { code: string; issues?: { code: string }[] };
          return issues?.[0]?.code ?? code;
        },
      );
    expect(await outcome(null, 'EICAR')).to.equal('clean');
    expect(await outcome(script, 'a picture')).to.equal('clean');
    expect(await outcome(script, 'an EICAR test')).to.equal('file-harmful');
    expect(await outcome(`${script} fail`, 'a picture')).to.equal('scan-unavailable');
    expect(await outcome(join(folder, 'nobody'), 'a picture')).to.equal('scan-unavailable');
  });
});
