/**
 * A comparison that puts `img2` before `img10`: runs of digits compare as numbers, the rest by code unit. Names that
 * differ only in leading zeros compare by code unit, so that the order is total and the same on every machine.
 */
export function naturalOrder(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (isDigit(a, i) && isDigit(b, j)) {
      while (a[i] === "0") i++;
      while (b[j] === "0") j++;
      const fromA = i;
      const fromB = j;
      while (isDigit(a, i)) i++;
      while (isDigit(b, j)) j++;
      if (i - fromA !== j - fromB) return i - fromA - (j - fromB);
      for (let k = 0; k < i - fromA; k++) {
        const difference = a.charCodeAt(fromA + k) - b.charCodeAt(fromB + k);
        if (difference !== 0) return difference;
      }
    } else {
      const difference = a.charCodeAt(i) - b.charCodeAt(j);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
  }
  const rest = a.length - i - (b.length - j);
  return rest !== 0 ? rest : a < b ? -1 : a > b ? 1 : 0;
}

function isDigit(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  return code >= 48 && code <= 57;
}
