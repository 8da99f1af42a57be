package org.vgg4j.network;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** Counts what objects hold. */
public final class HeldArrays {
  private HeldArrays() {}

  /** Bytes of all primitive arrays that objects of ours reach, each counted once. */
  public static long bytes(Object... roots) {
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Object> open = new ArrayDeque<>();
    Collections.addAll(open, roots);
    long bytes = 0;
    while (!open.isEmpty()) {
      Object object = open.pop();
      if (!seen.add(object)) {
        continue;
      }
      Class<?> type = object.getClass();
      if (type.isArray() && type.getComponentType().isPrimitive()) {
        int size =
            switch (type.getComponentType().getName()) {
              case "byte", "boolean" -> 1;
              case "short", "char" -> 2;
              case "int", "float" -> 4;
              default -> 8;
            };
        bytes += (long) size * Array.getLength(object);
      } else if (object instanceof Collection<?> collection) {
        collection.stream().filter(element -> element != null).forEach(open::add);
      } else if (object instanceof Map<?, ?> map) {
        open.addAll(map.values());
      } else if (type.getName().startsWith("org.vgg4j.")) {
        addFields(object, open);
      }
    }
    return bytes;
  }

  private static void addFields(Object object, Deque<Object> open) {
    for (Field field : object.getClass().getDeclaredFields()) {
      if (Modifier.isStatic(field.getModifiers()) || field.getType().isPrimitive()) {
        continue;
      }
      try {
        field.setAccessible(true);
        Object value = field.get(object);
        if (value != null) {
          open.add(value);
        }
      } catch (IllegalAccessException e) {
        throw new AssertionError(e);
      }
    }
  }
}
