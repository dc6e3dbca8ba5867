const int MAX_COUNT = 3;

class Counter {
 public:
  int Next() { return ++count; }

 private:
  int count = 0;
};

int no_camel_case() { return Counter().Next() + MAX_COUNT; }
