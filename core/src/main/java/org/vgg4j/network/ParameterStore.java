package org.vgg4j.network;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.vgg4j.model.Architecture;
import org.vgg4j.model.ParameterShape;

/**
 * One array for each parameter of a network, by the names and in the layouts of {@link
 * Architecture#parameters()}, wherever they are kept. Not thread-safe.
 */
public interface ParameterStore {
  /** The network that these belong to. */
  Architecture architecture();

  /**
   * Returns the values of a parameter: the array itself where it is kept on the host, otherwise a
   * copy. Only to be read, and only until the values change.
   *
   * @param name name of the parameter
   * @throws IllegalArgumentException if there is none with that name
   */
  float[] values(String name);

  /**
   * Changes the values of a parameter.
   *
   * @param name name of the parameter
   * @param change changes the values in the array that it is given
   * @throws IllegalArgumentException if there is none with that name
   */
  void change(String name, Consumer<float[]> change);

  /**
   * CRC-32C of the bits of all values, in the order of the architecture's parameters: equal for
   * equal parameters, so that processes can compare what they have learnt.
   */
  default long checksum() {
    CRC32C crc = new CRC32C();
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
    for (ParameterShape shape : architecture().parameters()) {
      float[] values = values(shape.name());
      for (int i = 0; i < values.length; ) {
        bytes.clear();
        int count = Math.min(bytes.capacity() / Float.BYTES, values.length - i);
        bytes.asFloatBuffer().put(values, i, count);
        crc.update(bytes.limit(count * Float.BYTES));
        i += count;
      }
    }
    return crc.getValue();
  }
}
