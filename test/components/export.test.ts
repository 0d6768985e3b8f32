import {describe, expect, test} from "vitest";
import {fileName} from "../../src/components/download.js";
import {csv, latex, latexText, readTable} from "../../src/components/export-table.js";
import {withDocument} from "./svg.js";

const table = {
  columns: ["arm", "PSNR (dB)", "note"],
  rows: [
    ["SD-VAE, f8", 27.8471, 'he said "50 %"'],
    ["x_0 & more", null, "two\nlines"]
  ],
  caption: "PSNR ± SD"
};

describe("csv", () => {
  test("quotes what has commas, quotes or line breaks, and leaves absent values empty", () => {
    expect(csv(table)).toBe('arm,PSNR (dB),note\n"SD-VAE, f8",27.8471,"he said ""50 %"""\nx_0 & more,,"two\nlines"\n');
  });
});

describe("latex", () => {
  test("makes a booktabs table with numbers at the right and everything escaped", () => {
    expect(latex(table)).toBe(`% needs \\usepackage{booktabs}
\\begin{table}
  \\centering
  \\caption{PSNR $\\pm$ SD}
  \\begin{tabular}{lrl}
    \\toprule
    arm & PSNR (dB) & note \\\\
    \\midrule
    SD-VAE, f8 & 27.8471 & he said ''50 \\%'' \\\\
    x\\_0 \\& more & -- & two
lines \\\\
    \\bottomrule
  \\end{tabular}
\\end{table}
`);
  });

  test("leaves no character that LaTeX would take for a command", () => {
    const text = latexText("\\ & % $ # _ { } ~ ^");
    // what is left without the commands that we wrote has none
    expect(text.replace(/\\text\w+\{\}|\\[&%$#_{}]/g, "")).not.toMatch(/[\\&%$#_{}~^]/);
    expect(latexText("σ² ≤ 10⁻³ × τ")).toBe("$\\sigma$$^{2}$ $\\le$ 10$^{-}$$^{3}$ $\\times$ $\\tau$");
  });

  test("writes signed and infinite numbers as mathematics", () => {
    const text = latex({
      columns: ["a", "b"],
      rows: [
        ["−0.30", Number.POSITIVE_INFINITY],
        ["+2.91", 1]
      ]
    });
    expect(text).toContain("{rr}");
    expect(text).toContain("$-0.30$ & $\\infty$");
    expect(text).toContain("$+2.91$ & 1");
  });
});

test("readTable reads a table as it is shown, heads and spans included", () => {
  withDocument();
  const holder = document.createElement("div");
  holder.innerHTML = `<table><caption> Ours  </caption><thead><tr><th>a</th><th>b</th></tr></thead>
    <tbody><tr><th>x</th><td> 1 <b>dB</b></td></tr><tr><td colspan="2">none</td></tr></tbody></table>`;
  expect(readTable(holder)).toEqual({
    columns: ["a", "b"],
    rows: [
      ["x", "1 dB"],
      ["none", ""]
    ],
    caption: "Ours"
  });
});

test("fileName makes names that every file system takes", () => {
  expect(fileName("radial-sr:medical f4c3.svg")).toBe("radial-sr-medical-f4c3.svg");
  expect(fileName("../a/b*.csv")).toBe("a-b.csv");
});
