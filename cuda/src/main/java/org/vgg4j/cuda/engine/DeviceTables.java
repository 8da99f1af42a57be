package org.vgg4j.cuda.engine;

import java.util.HashMap;
import java.util.Map;
import org.vgg4j.cuda.driver.DeviceMemory;
import org.vgg4j.cuda.kernels.Table;

/**
 * The tables of launches over many arrays, on one GPU. A table is written when it is first asked
 * for, which waits for the GPU, and stays until all are forgotten. Not thread-safe.
 */
final class DeviceTables {
  private final DeviceMemory memory;
  private final Map<Table, Long> offsets = new HashMap<>();
  private long end;

  /**
   * @param memory room for them
   */
  DeviceTables(DeviceMemory memory) {
    this.memory = memory;
  }

  /** Address of a table. */
  long address(Table table) {
    Long known = offsets.get(table);
    if (known == null) {
      known = end;
      memory.upload(known, table.words());
      offsets.put(table, known);
      end += table.bytes();
    }
    return memory.address(known, table.bytes());
  }

  /** Lets other tables take their place. What was enqueued with them must have been forgotten. */
  void clear() {
    offsets.clear();
    end = 0;
  }
}
