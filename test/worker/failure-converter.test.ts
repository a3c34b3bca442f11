import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import {
  decodeOptionalFailureToOptionalError,
  encodeErrorToFailure,
  loadDataConverter,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { RollcallError } from '../../roster/errors.ts';
import { newMasterKey, parseMasterKeys } from '../../store/envelope.ts';
import { failureConverter } from '../../worker/failure-converter.ts';
import { dataConverterWith } from '../../worker/temporal.ts';

const secret = 'Protected Identity';

/** As the worker turns an error of ours into a failure: message, code, cause. */
function failure(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'SOURCE_UNREACHABLE',
    message: `${secret} was not read`,
    details: [{ name: secret }],
    cause: new RollcallError('SOURCE_UNREACHABLE', `${secret} again`, { cause: new Error(`${secret} at the bottom`) }),
  });
}

describe('a failure on its way to Temporal', () => {
  it('has neither message nor stack that anybody could read, in any of its causes', () => {
    const encoded = failureConverter.errorToFailure(failure(), defaultPayloadConverter);
    let causes = 0;
    for (let one: typeof encoded | null | undefined = encoded; one != null; one = one.cause) {
      causes += 1;
      expect(one.message).toBe('Encoded failure');
      expect(one.stackTrace).toBe('');
    }
    expect(causes).toBe(3);
  });

  it('keeps its code readable', () => {
    const encoded = failureConverter.errorToFailure(failure(), defaultPayloadConverter);
    expect(encoded.applicationFailureInfo?.type).toBe('SOURCE_UNREACHABLE');
  });

  it('is sealed as a whole: no byte of what goes over the wire holds the message, the details or the stack', async () => {
    const converter = loadDataConverter(dataConverterWith(parseMasterKeys(newMasterKey('k1'))));
    const encoded = await encodeErrorToFailure(converter, failure());
    const wire = Buffer.from(proto.temporal.api.failure.v1.Failure.encode(encoded).finish());
    expect(wire.includes('SOURCE_UNREACHABLE')).toBe(true);
    for (const word of [secret, 'Protected', 'failure-converter.test', 'at the bottom']) {
      expect(wire.includes(word), word).toBe(false);
    }
  });

  it('is readable again for who has the key', async () => {
    const converter = loadDataConverter(dataConverterWith(parseMasterKeys(newMasterKey('k1'))));
    const error = await decodeOptionalFailureToOptionalError(
      converter,
      await encodeErrorToFailure(converter, failure()),
    );
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({
      message: `${secret} was not read`,
      type: 'SOURCE_UNREACHABLE',
      details: [{ name: secret }],
    });
    expect(error?.stack).toContain('failure-converter.test');
  });
});
