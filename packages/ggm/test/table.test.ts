import { describe, expect, it } from '@jest/globals';
import { readTable, type TableOptions } from '../src/command/table.js';
import { UserError } from '../src/command/user-error.js';

function read(text: string, options: Partial<TableOptions> = {}): ReturnType<typeof readTable> {
  return readTable(text, { file: 'data.csv', ...options });
}

describe('readTable', () => {
  it.each([
    ['commas', 'a,b\n1,2\n3,-4.5e1\n'],
    ['semicolons', 'a;b\n1;2\n3;-45\n'],
    ['tabs', 'a\tb\n1\t2\n3\t-45\n'],
    ['quotes', '"a","b"\n"1","2"\n3,"-45"\n'],
    ['Windows line ends and a byte-order mark', '\ufeffa,b\r\n1,2\r\n3,-45\r\n'],
    ['no last line end', 'a,b\n1,2\n3,-45'],
    ['blank lines', '\na,b\n\n1,2\n\n3,-45\n\n'],
    ['blanks around values', 'a , b\n 1,2 \n3 , -45\n'],
  ])('reads %s', (_, text) => {
    const { names, samples, missing } = read(text);
    expect(names).toEqual(['a', 'b']);
    expect(samples.toRows()).toEqual([
      [1, 2],
      [3, -45],
    ]);
    expect(missing).toBe(0);
  });

  it('finds the delimiter outside quotes, and takes one that is given', () => {
    expect(read('"a,x";"b,y,z"\n1;2\n').names).toEqual(['a,x', 'b,y,z']);
    expect(read('a,x;b\n1;2\n', { delimiter: ';' }).names).toEqual(['a,x', 'b']);
  });

  it('leaves columns out, whatever is in them', () => {
    const { names, samples } = read('id,a,b\nx7,1,2\n,3,4\n', { exclude: ['id'] });
    expect(names).toEqual(['a', 'b']);
    expect(samples.toRows()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('reads missing values where they are allowed', () => {
    const { samples, missing } = read('a,b,c,d\n,NA,nan,N/A\n1,2,3,4\n', { allowMissing: true });
    expect(missing).toBe(4);
    expect(Array.from(samples.row(0)).every(Number.isNaN)).toBe(true);
    expect(Array.from(samples.row(1))).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['a,b\n1,x\n', 'data.csv: row 2, column "b": expected a number, got "x"'],
    // As a spreadsheet counts: the blank line and the two lines of one quoted value are a row each.
    ['a,b\n1,2\n\n"3\n",4\n5,x\n', 'data.csv: row 5, column "b": expected a number, got "x"'],
    ['a;b\n1,5;2\n', 'column "a": expected a number, got "1,5"; write decimals with a point'],
    ['a,b\n1,\n', 'data.csv: row 2, column "b": expected a number, got nothing; complete or remove the row'],
    ['a,b\n1,NA\n', 'data.csv: row 2, column "b": expected a number, got "NA"'],
    ['a,b\n1,Infinity\n', 'expected a number, got "Infinity"'],
    ['a,b\n1,1e999\n', 'expected a number, got "1e999"'],
    ['a,b\n1,0x10\n', 'expected a number, got "0x10"'],
    ['a,b\n1,2\n3,4,5\n', 'data.csv: row 3: expected 2 values as the header has; got 3'],
    ['a,b\n1\n', 'data.csv: row 2: expected 2 values as the header has; got 1'],
    ['a,b,a\n1,2,3\n', 'data.csv: row 1: columns 1 and 3 are both named "a"'],
    ['a,,c\n1,2,3\n', 'data.csv: row 1: column 2 has no name'],
    ['1,2\n3,4\n', 'data.csv: row 1 must hold the names of the columns; got numbers only (1, 2, …)'],
    ['', 'data.csv: must begin with a header; the file is empty'],
    ['a,b\n', 'data.csv: must hold rows below its header; there are none'],
    ['a\n1\n', 'data.csv: must have at least two columns to connect; got 1'],
    ['a,b\n"1,2\n', 'data.csv: is not CSV: Quote Not Closed'],
  ])('complains about %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
    expect(() => read(text)).toThrow(UserError);
  });

  it('knows the columns to leave out', () => {
    expect(() => read('a,b\n1,2\n', { exclude: ['c'] })).toThrow('--exclude: data.csv has no column "c"');
  });
});
