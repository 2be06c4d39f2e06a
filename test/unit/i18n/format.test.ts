import { expect } from 'chai';
import fc from 'fast-check';
import { clockOffset, setClockOffset } from '../../../server/core/clock.ts';
import {
  formatDate,
  formatDateTime,
  formatDay,
  formatDistance,
  formatMinutes,
  formatMinutesExactly,
  formatNumber,
  formatRelative,
  formatTime,
  formatTimeSpan,
} from '../../../server/i18n/index.ts';

const zh = { locale: 'zh-CN', zone: 'Asia/Shanghai' } as const;
const en = { locale: 'en', zone: 'Asia/Shanghai' } as const;

describe('formatting for people', () => {
  let before: number;
  beforeEach(() => {
    before = clockOffset();
    setClockOffset(Date.parse('2026-11-23T04:00:00Z') - Date.now());
  });
  afterEach(() => setClockOffset(before));

  it('writes a span of one day in the zone it is given, not in the machine’s', () => {
    const span = ['2026-11-25T01:30:00Z', '2026-11-25T03:30:00Z'] as const;
    expect(formatTimeSpan(...span, zh)).to.equal('11月25日 周三 09:30–11:30');
    expect(formatTimeSpan(...span, en)).to.equal('Wed 25 Nov, 09:30–11:30');
    expect(formatTimeSpan(...span, { ...en, zone: 'Europe/London' })).to.equal('Wed 25 Nov, 01:30–03:30');
  });

  it('names the second day of a night shift and ends a day at 24:00', () => {
    expect(formatTimeSpan('2026-11-25T14:00:00Z', '2026-11-25T22:00:00Z', zh)).to.equal(
      '11月25日 周三 22:00 – 11月26日 周四 06:00',
    );
    expect(formatTimeSpan('2026-11-25T14:00:00Z', '2026-11-25T16:00:00Z', zh)).to.equal(
      '11月25日 周三 22:00–24:00',
    );
  });

  it('adds the year when it is not the current one', () => {
    expect(formatDay('2025-11-25T01:30:00Z', zh)).to.equal('2025年11月25日 周二');
    expect(formatDay('2027-01-05', en)).to.equal('Tue 5 Jan 2027');
  });

  it('never shifts a calendar day by the zone', () => {
    for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Shanghai']) {
      expect(formatDate('2026-03-01', { locale: 'zh-CN', zone })).to.equal('2026年3月1日');
      expect(formatDay('2026-03-01', { locale: 'en', zone })).to.equal('Sun 1 Mar');
    }
  });

  it('writes dates and times of both languages with 24 hours', () => {
    expect(formatDate('2026-11-25T01:30:00Z', en)).to.equal('25 November 2026');
    expect(formatTime('2026-11-24T16:05:00Z', zh)).to.equal('00:05');
    expect(formatDateTime(Date.parse('2026-11-25T05:30:00Z'), zh)).to.equal('11月25日 周三 13:30');
    expect(formatDateTime(new Date('2026-11-25T05:30:00Z'), en)).to.equal('Wed 25 Nov, 13:30');
  });

  it('refuses text that is no moment', () => {
    expect(() => formatDay('soon', zh)).to.throw(RangeError, 'soon');
  });

  it('writes minutes as hours, and exactly where it matters', () => {
    expect(formatMinutes(90, 'zh-CN')).to.equal('1.5 小时');
    expect(formatMinutes(100, 'en')).to.equal('1.67 h');
    expect(formatMinutes(75_000, 'en')).to.equal('1,250 h');
    expect(formatMinutesExactly(100, 'zh-CN')).to.equal('1 小时 40 分');
    expect(formatMinutesExactly(-30, 'en')).to.equal('−30 min');
    expect(formatMinutesExactly(0, 'en')).to.equal('0 min');
    expect(formatMinutesExactly(120, 'en')).to.equal('2 h');
    expect(formatMinutesExactly(90_000, 'zh-CN')).to.equal('1,500 小时');
  });

  it('keeps every minute in the exact form', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), (minutes) => {
        const text = formatMinutesExactly(minutes, 'en').replaceAll(',', '');
        const [hours, rest] = [/(\d+) h/.exec(text)?.[1] ?? 0, /(\d+) min/.exec(text)?.[1] ?? 0];
        expect((text.startsWith('−') ? -1 : 1) * (Number(hours) * 60 + Number(rest)) - minutes).to.equal(0);
      }),
    );
  });

  it('writes distances as exactly as people need them', () => {
    expect(
      [0, 348, 994, 995, 2438, 9949, 12_800].map((metres) => formatDistance(metres, 'zh-CN')),
    ).to.deep.equal(['0 米', '350 米', '990 米', '1 公里', '2.4 公里', '9.9 公里', '13 公里']);
    expect(formatDistance(350, 'en')).to.equal('350 m');
    expect(formatNumber(1234567.5, 'zh-CN')).to.equal('1,234,567.5');
  });

  it('counts relative days by the calendar of the zone', () => {
    const from = '2026-11-23T12:00:00Z'; // 20:00 in Shanghai
    expect(formatRelative('2026-11-23T17:00:00Z', en, from)).to.equal('in 5 hours');
    expect(formatRelative('2026-11-24T10:00:00Z', en, from)).to.equal('tomorrow');
    expect(formatRelative('2026-11-26T10:00:00Z', zh, from)).to.equal('3 天后');
    expect(formatRelative('2026-11-22T03:00:00Z', zh, from)).to.equal('昨天');
    expect(formatRelative('2026-11-23T12:00:10Z', en, from)).to.equal('now');
    expect(formatRelative('2026-11-23T12:31:00Z', zh, from)).to.equal('31 分钟后');
  });
});
