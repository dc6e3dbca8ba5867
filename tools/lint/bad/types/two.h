#pragma once
class Twice final : public Base {
};
struct Declared;
