/**
 * Raw 16-bit mono sound with the head that makes it a WAV file.
 * @see http://soundfile.sapp.org/doc/WaveFormat/
 */
export function wavOf(samples: Buffer, rateHertz: number): Buffer {
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + samples.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(PCM, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rateHertz, 24)
  head.writeUInt32LE(rateHertz * BYTES_PER_SAMPLE, 28)
  head.writeUInt16LE(BYTES_PER_SAMPLE, 32)
  head.writeUInt16LE(BYTES_PER_SAMPLE * 8, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

const PCM = 1
const BYTES_PER_SAMPLE = 2
