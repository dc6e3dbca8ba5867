#pragma once
struct Twice {
};
