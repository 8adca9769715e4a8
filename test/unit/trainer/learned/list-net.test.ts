import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { listNet } from '../../../../trainer/learned/list-net.js';
import { differences, largestGap } from './differences.js';

const width = 7;
const random = seededRandom(1);
const normal = () => Float64Array.from({ length: 4 * width }, () => random.normal());

describe('ListNet', () => {
  it('has the gradient of finite differences, documents that are missing included', () => {
    const [student, teacher] = [normal(), normal()];
    teacher.fill(-Infinity, width + 4, 2 * width);
    for (const temperature of [0.3, 1, 4]) {
      const gradient = new Float64Array(student.length);
      listNet({ student, teacher, width }, temperature, gradient);
      const loss = () => listNet({ student, teacher, width }, temperature, new Float64Array(student.length));
      assert.ok(largestGap(gradient, differences(student, loss)) < 1e-6);
      assert.deepEqual([...gradient.subarray(width + 4, 2 * width)], [0, 0, 0]);
    }
  });

  it('is least where the student says what the teacher says, but for a constant a query', () => {
    const teacher = normal();
    const gradient = new Float64Array(teacher.length);
    const equal = listNet({ student: teacher.map((score) => score + 3), teacher, width }, 0.5, gradient);
    assert.ok(gradient.every((slope) => Math.abs(slope) < 1e-12));
    assert.ok(listNet({ student: normal(), teacher, width }, 0.5, gradient) > equal);
  });

  it('keeps the gradient of a document that the student scores far too low', () => {
    const gradient = new Float64Array(2);
    const loss = listNet(
      { student: Float64Array.of(-1e4, 0), teacher: Float64Array.of(0, -1e4), width: 2 },
      0.05,
      gradient,
    );
    assert.ok(Number.isFinite(loss) && loss > 1e5);
    assert.deepEqual([...gradient], [-20, 20]);
  });
});
