package org.vgg4j.descriptor;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.vgg4j.base.InputException;
import org.vgg4j.network.DenseFeatures;
import org.vgg4j.network.Network;

/** A network on a machine whose memory is enough for short images only. */
public final class LittleMemory {
  private LittleMemory() {}

  /**
   * The same network.
   *
   * @param longest side of an image for which there is memory
   */
  public static Network of(Network network, int longest) {
    return proxy(
        Network.class,
        network,
        (name, args, result) -> name.equals("features") ? features(result, longest) : result);
  }

  private static Object features(Object features, int longest) {
    return proxy(
        DenseFeatures.class,
        (DenseFeatures) features,
        (name, args, result) -> {
          if (name.equals("capacity") && Math.max((int) args[0], (int) args[1]) > longest) {
            throw new InputException("the network needs much memory");
          }
          return result;
        });
  }

  private interface Change {
    Object change(String name, Object[] args, Object result);
  }

  private static <T> T proxy(Class<T> type, T real, Change change) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> {
              try {
                return change.change(method.getName(), args, method.invoke(real, args));
              } catch (InvocationTargetException e) {
                throw e.getTargetException();
              }
            }));
  }
}
