/**
 * Plots as SVG, by Apache ECharts without a browser.
 *
 * ECharts: Apache-2.0, plain JavaScript in three packages without install scripts, renders SVG to a string by itself; Vega does so in eighty
 * packages, Observable Plot wants a DOM. At home in this folder alone.
 */
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Plot } from './findings.js';

const width = 720;
const height = 400;
/** Told apart by people who see fewer colours, too (Okabe and Ito 2008). */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000', '#999999'];
const logarithmic = { type: 'log', min: 'dataMin', max: 'dataMax' } as const;
const symbols = ['circle', 'rect', 'triangle', 'diamond'];

/** The same plot gives the same text. */
export function plotSvg(plot: Plot): string {
  use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(optionsOf(plot));
    // Names of elements count the charts of the process.
    return `${chart.renderToSVGString().replace(/\bzr\d+-/g, 'zr-')}\n`;
  } finally {
    chart.dispose();
  }
}

function optionsOf({
  title,
  x,
  y,
  isLogarithmic = false,
  series,
}: Plot): Parameters<ReturnType<typeof init>['setOption']>[0] {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    color: colours,
    title: { text: title, left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0, itemGap: 32, data: series.map(({ name }) => name) },
    grid: { left: 70, right: 30, top: 40, bottom: 50 + 20 * Math.ceil(series.length / 2) },
    xAxis: {
      ...(isLogarithmic ? logarithmic : { type: 'value' as const }),
      name: x,
      nameLocation: 'middle',
      nameGap: 26,
      scale: true,
    },
    yAxis: { type: 'value', name: y, nameLocation: 'middle', nameGap: 50, scale: true },
    series: series.map(({ name, points }, i) => ({
      type: 'line',
      name,
      symbol: symbols[i % symbols.length]!,
      symbolSize: 6,
      data: points.map((point) => [...point]),
    })),
  };
}
