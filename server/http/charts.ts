import { createRequire } from 'node:module';
import type * as ECharts from 'echarts';
import { formatNumber } from '../i18n/index.ts';
import type { Locale } from '../i18n/index.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
}

export type ChartSize = 'small' | 'large';

/** Drawn at the size in which it is shown: one scaled drawing would shrink axis texts to 6 px on phones. */
const SIZES: Record<ChartSize, { width: number; height: number; fontSize: number }> = {
  small: { width: 330, height: 220, fontSize: 12 },
  large: { width: 640, height: 260, fontSize: 13 },
};

// Loaded with the first chart, not at start-up: it takes a third of a second and most processes never draw one.
let loaded: typeof ECharts | null = null;
const echarts = (): typeof ECharts =>
  (loaded ??= createRequire(import.meta.url)('echarts') as typeof ECharts);

// Drawing takes 6 ms, a hundred times the rest of a page; the same person and the same tenant ask for the same chart again.
const drawn = new Map<string, string>();
const KEPT = 500;

/** `barChartSvg`, remembering the last few hundred drawings. */
export function cachedBarChartSvg(bars: readonly Bar[], size: ChartSize, locale: Locale): string {
  const key = JSON.stringify([locale, size, bars.map(({ label, value }) => [label, value])]);
  const svg = drawn.get(key) ?? barChartSvg(bars, size, locale);
  drawn.delete(key);
  drawn.set(key, svg);
  for (const oldest of drawn.keys()) {
    if (drawn.size <= KEPT) break;
    drawn.delete(oldest);
  }
  return svg;
}

/**
 * A bar chart as inline SVG without `style` attributes or a `<style>` element, which the CSP would drop (S-26).
 * Decorative for assistive technology: the partial puts a table beside it.
 */
export function barChartSvg(bars: readonly Bar[], size: ChartSize, locale: Locale): string {
  const { width, height, fontSize } = SIZES[size];
  const chart = echarts().init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: 'inherit' },
      grid: { left: 8, right: 8, top: 16, bottom: 4, containLabel: true },
      xAxis: {
        type: 'category',
        data: bars.map((bar) => bar.label),
        axisTick: { show: false },
        axisLine: { lineStyle: { color: '#8a97a6' } },
        axisLabel: { fontSize, color: '#51606f', hideOverlap: true },
      },
      yAxis: {
        type: 'value',
        minInterval: 1,
        splitNumber: 4,
        axisLabel: { fontSize, color: '#51606f', formatter: (value: number) => formatNumber(value, locale) },
        splitLine: { lineStyle: { color: '#e6ebf0' } },
      },
      series: [
        {
          type: 'bar',
          data: bars.map((bar) => bar.value),
          barMaxWidth: size === 'small' ? 18 : 30,
          itemStyle: { color: '#0b7285', borderRadius: [3, 3, 0, 0] },
        },
      ],
    });
    return withoutStyles(chart.renderToSVGString(), width, height);
  } finally {
    chart.dispose();
  }
}

/** ECharts writes fonts and event hints as `style`; fonts become presentation attributes, the rest goes. */
function withoutStyles(svg: string, width: number, height: number): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '')
    .replace(/ style="([^"]*)"/g, (_whole, css: string) => {
      const size = /font-size:\s*([\d.]+px)/.exec(css)?.[1] ?? /font:[^;]*?([\d.]+px)/.exec(css)?.[1];
      return size ? ` font-size="${size}"` : '';
    })
    .replace(/ (?:class|ecmeta_[a-z_]+|xml:space)="[^"]*"/g, '')
    .replace(
      /^<svg[^>]*>/,
      `<svg class="chart" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true" focusable="false">`,
    );
}
