// Bar charts of probabilities.

import { element } from "./ask.js";

/** Returns a probability as text: 0.987. */
export function probability(value) {
  if (value < 0.0005) return "<0.001";
  return value > 0.9995 ? ">0.999" : value.toFixed(3);
}

/** A chart with `count` rows of a name, a bar, and a value. */
export class Bars {
  constructor(place, count) {
    const list = element("dl", "bars");
    this.rows = Array.from({ length: count }, () => {
      const row = { name: element("dt"), fill: element("div", "fill"), value: element("dd", "value", "–") };
      list.append(element("div", "row", row.name, element("dd", "track", row.fill), row.value));
      return row;
    });
    place.append(list);
  }

  /** Shows names and probabilities. Without probabilities, the bars are empty. */
  show(names, values) {
    const best = values?.indexOf(Math.max(...values));
    this.rows.forEach((row, index) => {
      row.name.textContent = names[index] ?? "";
      row.fill.style.width = `${100 * (values?.[index] ?? 0)}%`;
      row.value.textContent = values?.[index] === undefined ? "–" : probability(values[index]);
      for (const part of Object.values(row)) part.classList.toggle("best", index === best);
    });
  }
}
