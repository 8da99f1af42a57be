package org.vgg4j.parallel;

import java.util.ServiceLoader;
import org.vgg4j.base.InputException;

/** Makes groups of processes; found as a service. */
public interface ProcessGroups {
  /**
   * Joins a group: waits until all of its processes have joined.
   *
   * @throws InputException if they do not in time, with the remedy
   */
  ProcessGroup join(Membership membership);

  /**
   * Returns the implementation on the class path.
   *
   * @throws InputException if there is none
   */
  static ProcessGroups installed() {
    return ServiceLoader.load(ProcessGroups.class, ProcessGroups.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "several processes need vgg4j's module torch, which is not on the class path:"
                        + " add the artifact vgg4j-torch and libtorch's of this platform"));
  }
}
