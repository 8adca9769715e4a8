/** Bytes of a .npy file, as numpy.save writes them. */

/** `rows` as float32 of the dtype and order that the header is to claim. */
export function npyBytes(
  rows: readonly (readonly number[])[],
  claims: { descr?: string; fortran?: boolean; shape?: string } = {},
): Buffer {
  const { descr = '<f4', fortran = false, shape = `(${rows.length}, ${rows[0]?.length ?? 0})` } = claims;
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`;
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`;
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([head, Buffer.from(header), Buffer.from(Float32Array.from(rows.flat()).buffer)]);
}
